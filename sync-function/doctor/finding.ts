import * as z from "zod";
import { AccessError, EXIT_CODES } from "../errors.ts";

/**
 * - `error`: a run would fail, or decide wrongly; the doctor ends with 5 or 64
 * - `warning`: a run works, but something is not as it should be; the exit code stays 0, so that a deployment that runs
 *   the doctor first is stopped by what matters only
 * - `info`: what could not be seen, or is only good to know
 * - `ok`: looked at and found right
 */
export const SEVERITIES = ["error", "warning", "info", "ok"] as const;

export const findingSchema = z.object({
  /** What was looked at, for example `Keycloak rights`. */
  check: z.string(),
  severity: z.enum(SEVERITIES),
  fact: z.string(),
  /** What to do about it. */
  remedy: z.string().optional(),
  /** Of the error: whether the configuration is wrong, rather than a server. */
  kind: z.enum(["usage", "server"]).optional(),
});
export type Finding = Readonly<z.output<typeof findingSchema>>;

export function ok(check: string, fact: string): Finding {
  return { check, severity: "ok", fact };
}

export function info(check: string, fact: string, remedy?: string): Finding {
  return { check, severity: "info", fact, ...(remedy !== undefined && { remedy }) };
}

export function warning(check: string, fact: string, remedy: string): Finding {
  return { check, severity: "warning", fact, remedy };
}

export function failure(check: string, fact: string, remedy: string, kind: Finding["kind"] = "server"): Finding {
  return { check, severity: "error", fact, remedy, kind };
}

/** An error of a client as a finding; its message says what failed, and behind the last semicolon what to do. */
export function findingOf(check: string, error: unknown): Finding {
  if (!(error instanceof AccessError)) throw error;
  const cut = error.message.lastIndexOf("; ");
  const [fact, remedy] =
    cut < 0 ? [error.message, "see the message"] : [error.message.slice(0, cut), error.message.slice(cut + 2)];
  return failure(check, fact, remedy, error.kind === "usage" ? "usage" : "server");
}

/** 0 without errors, 64 when all errors are of the configuration, otherwise 5. */
export function exitCodeOf(findings: readonly Finding[]): number {
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return 0;
  return errors.every(({ kind }) => kind === "usage") ? EXIT_CODES.usage : EXIT_CODES.unreachable;
}

/** The worst first, and within a severity in the order in which they were found. */
export function findingsText(findings: readonly Finding[]): string {
  const sorted = SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
  const lines = sorted.flatMap(({ severity, check, fact, remedy }) => [
    `${severity.padEnd(7)}  ${check}: ${fact}`,
    ...(remedy === undefined ? [] : [`         → ${remedy}`]),
  ]);
  const count = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  const counts = SEVERITIES.map((severity) => `${count(severity)} ${severity}`).join(", ");
  return [...lines, `Doctor: ${counts}`].join("\n");
}
