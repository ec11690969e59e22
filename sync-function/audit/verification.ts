import { type AuditHead, type AuditRecord, auditRecord, GENESIS, hashOf } from "./record.ts";

/**
 * What is wrong at a line:
 *
 * - `edited`: the content does not fit its hash, or the line is none of ours
 * - `removed`: lines before it are missing
 * - `reordered`: it is out of its place, or there twice
 * - `replaced`: the line before is another one than it was when this one was written
 * - `truncated`: lines at the end are missing
 */
export type AuditProblemKind = "edited" | "removed" | "reordered" | "replaced" | "truncated";

export interface AuditProblem {
  readonly kind: AuditProblemKind;
  /** From 1; of the end, one behind the last line. */
  readonly line: number;
  readonly message: string;
}

export interface AuditVerification {
  readonly problems: readonly AuditProblem[];
  /** What is no sign of tampering, but should be known: lines that were cut off when a run was ended by force. */
  readonly notices: readonly string[];
  /** Lines that are as they were written. */
  readonly records: number;
  /** Where the chain ends: keep it elsewhere, and the next verification finds a cut-off end. */
  readonly head: AuditHead;
}

/**
 * Checks a chain from its first line to its last. Without an anchor nobody can see that lines at the end are missing, nor
 * that somebody wrote the whole chain anew.
 *
 * @param lines without line breaks; a last one that is empty is not counted
 * @param anchor sequence and hash of a line that is known to have been written
 */
export function verifyAudit(lines: readonly string[], anchor?: AuditHead): AuditVerification {
  const written = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  const problems: AuditProblem[] = [];
  const notices: string[] = [];
  let head = GENESIS;
  /** Where the chain stood when the run of the last line began. */
  let begun = GENESIS;
  let run = "";
  let records = 0;
  /** The line that has the anchor's number. */
  let atAnchor: { readonly line: number; readonly hash: string } | undefined;
  for (const [index, text] of written.entries()) {
    const line = index + 1;
    const record = parseRecord(text);
    if (record === undefined) {
      const next = parseRecord(written[index + 1] ?? "");
      const isCutOff = next?.event === "repair" && next.outcome === fragmentOf(text);
      if (isCutOff) notices.push(`line ${line} was cut off when a run was ended by force; the next line says so`);
      else if (index === written.length - 1 && looksCutOff(text)) {
        notices.push(`line ${line}, the last one, is cut off; the next run adds a line that says so`);
      } else problems.push({ kind: "edited", line, message: "is no line of an audit file" });
      continue;
    }
    if (record.run !== run && isResumption(record, begun) && record.sequence <= head.sequence) {
      const lost = head.sequence - begun.sequence;
      notices.push(`line ${line}: the ${lost} lines before it are of a run that was ended by force; it says so`);
      head = begun;
      if (anchor !== undefined && anchor.sequence > begun.sequence) atAnchor = undefined;
    } else if (record.run !== run) begun = head;
    run = record.run;
    const found = problemsOf(record, head, line);
    problems.push(...found);
    if (found.length === 0) records += 1;
    // A line out of its place must not make all later ones look wrong.
    if (record.sequence > head.sequence) head = { sequence: record.sequence, hash: record.hash };
    if (record.sequence === anchor?.sequence) atAnchor = { line, hash: record.hash };
  }
  if (anchor !== undefined && atAnchor !== undefined && atAnchor.hash !== anchor.hash) {
    const message = "is another line than the one the state remembers";
    problems.push({ kind: "replaced", line: atAnchor.line, message });
    problems.sort((left, right) => left.line - right.line);
  }
  if (anchor !== undefined && atAnchor === undefined && head.sequence < anchor.sequence) {
    const missing = anchor.sequence - head.sequence;
    const message = `the last ${missing} of ${anchor.sequence} lines are missing`;
    problems.push({ kind: "truncated", line: written.length + 1, message });
  }
  return { problems, notices, records, head };
}

/** How a `repair` describes the rest of a line that was cut off, so that nothing else can be passed off as one. */
export function fragmentOf(text: string): string {
  return `cut off after ${Buffer.byteLength(text)} bytes`;
}

/** How a `repair` says that it comes in place of lines whose end is unknown. */
export function resumedAfter(sequence: number): string {
  return `continues after number ${sequence}`;
}

function isResumption({ event, outcome, sequence, previous }: AuditRecord, { sequence: at, hash }: AuditHead): boolean {
  return event === "repair" && outcome === resumedAfter(at) && sequence === at + 1 && previous === hash;
}

export function parseRecord(text: string): AuditRecord | undefined {
  try {
    return auditRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function problemsOf(record: AuditRecord, head: AuditHead, line: number): AuditProblem[] {
  const { hash, ...content } = record;
  const at = (kind: AuditProblemKind, message: string): AuditProblem => ({ kind, line, message });
  if (hashOf(content) !== hash) return [at("edited", "its content does not fit its hash")];
  if (record.sequence <= head.sequence) {
    return [at("reordered", `number ${record.sequence} comes after number ${head.sequence}`)];
  }
  const missing = record.sequence - head.sequence - 1;
  if (missing > 0) return [at("removed", `${missing} line${missing === 1 ? " is" : "s are"} missing before it`)];
  if (record.previous !== head.hash) return [at("replaced", "the line before is not the one it was written after")];
  return [];
}

/** A line of ours begins with its first key and breaks off before the end. */
function looksCutOff(text: string): boolean {
  return text.startsWith('{"') && !text.endsWith("}");
}
