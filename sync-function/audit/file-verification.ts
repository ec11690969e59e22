import { readFileSync } from "node:fs";
import { AccessError, messageOf } from "../errors.ts";
import type { AuditHead } from "./record.ts";
import { type AuditVerification, verifyAudit } from "./verification.ts";

export interface AuditFileReport extends AuditVerification {
  readonly file: string;
  /** 0 when the file is as it was written, 2 when it is not. */
  readonly exitCode: 0 | 2;
}

/** @throws AccessError `usage` when the file cannot be read */
export function verifyAuditFile(file: string, anchor?: AuditHead): AuditFileReport {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new AccessError("usage", `${file} cannot be read (${messageOf(error)}); name the file of AUDIT_FILE`);
  }
  const verification = verifyAudit(text.split("\n"), anchor);
  return { file, exitCode: verification.problems.length === 0 ? 0 : 2, ...verification };
}

/** @param isAnchored whether the end was compared with what the state remembers */
export function auditFileText(report: AuditFileReport, isAnchored: boolean): string {
  const { file, problems, notices, records, head } = report;
  const verdict = problems.length === 0 ? "unchanged" : `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  const end = isAnchored
    ? "the end was compared with the state"
    : "lines missing at the end cannot be seen without the state; set STATE_FILE or STATE_CONFIG_MAP";
  return [
    ...problems.map(({ line, kind, message }) => `line ${line}: ${kind}: ${message}`),
    ...notices.map((notice) => `note: ${notice}`),
    `${file}: ${verdict}, ${records} lines in order, last ${head.sequence} ${head.hash.slice(0, 16)}; ${end}`,
  ].join("\n");
}
