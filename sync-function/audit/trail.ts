import { type AuditEntry, type AuditHead, GENESIS, nextRecord, type RememberedHead } from "./record.ts";
import type { AuditSink } from "./sink.ts";
import { fragmentOf, parseRecord, resumedAfter } from "./verification.ts";

/** The audit trail of one run. */
export interface AuditTrail {
  /** Appends lines in this order. */
  append(...entries: readonly AuditEntry[]): void;
  /** Waits until everything appended would survive a power failure. */
  flush(): void;
  /** Last line that was written, for the state to keep as an anchor. */
  readonly head: AuditHead;
  close(): void;
}

export interface AuditTrailOptions {
  readonly sink: AuditSink;
  /** Last line the state remembers. */
  readonly anchor: RememberedHead | undefined;
  readonly run: string;
  /** Whose rights are used, and who started the run where. Never a secret. */
  readonly actor: string;
  readonly now: () => Date;
  readonly warn: (message: string) => void;
}

/**
 * Continues the chain where it ended. Where the file has less than the state remembers, the chain goes on from what is
 * remembered: the gap stays to be seen, instead of being closed. Where it is unknown what a run wrote that was ended by
 * force, the chain goes on before its lines, and says so.
 */
export function openAuditTrail({ sink, anchor, run, actor, now, warn }: AuditTrailOptions): AuditTrail {
  const end = sink.end?.head ?? (sink.end === undefined ? anchor : undefined) ?? GENESIS;
  const isShort = anchor !== undefined && end.sequence < anchor.sequence;
  let head = isShort ? anchor : end;
  const append = (...entries: readonly AuditEntry[]) => {
    let text = "";
    for (const entry of entries) {
      const record = nextRecord(head, entry, { time: now().toISOString(), run, actor });
      text += `${JSON.stringify(record)}\n`;
      head = record;
    }
    if (text !== "") sink.write(text);
  };

  const rest = sink.end?.rest ?? "";
  const whole = rest === "" ? undefined : parseRecord(rest);
  if (rest !== "") sink.write("\n");
  if (whole !== undefined && whole.sequence === head.sequence + 1) {
    // Only the line break was missing.
    head = whole;
  } else if (rest !== "") {
    warn("the last line of the audit file was cut off when a run was ended by force; a line says so now");
    append({ event: "repair", cause: "a run was ended by force while it wrote", outcome: fragmentOf(rest) });
  }
  if (sink.end === undefined && anchor?.open !== undefined) {
    warn(`run ${anchor.open} was ended by force; the audit trail goes on from line ${anchor.sequence}`);
    append({ event: "repair", cause: `run ${anchor.open} was ended by force`, outcome: resumedAfter(anchor.sequence) });
  }
  if (isShort) {
    const missing = anchor.sequence - end.sequence;
    warn(`the audit file lacks its last ${missing} lines; verify it, and find out who shortened it`);
    append({
      event: "repair",
      cause: "the file is shorter than the state remembers",
      outcome: `${missing} lines missing`,
    });
  }
  return {
    append,
    flush: () => sink.flush(),
    get head() {
      return { sequence: head.sequence, hash: head.hash };
    },
    close: () => sink.close(),
  };
}
