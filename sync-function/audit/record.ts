import { createHash } from "node:crypto";
import * as z from "zod";
import { canonicalJson } from "./canonical.ts";

/**
 * What a line tells about:
 *
 * - `run-started`, `run-finished`: one each for every run that could write; a run without the second was ended by force
 * - `decision`: what is about to be changed, written before anything is
 * - `left-alone`: somebody whom the rules concern and who stays as they are
 * - `refusal`: a guard stopped the run
 * - `approval`: somebody lifted the refusals of one plan
 * - `change`: what became of a decision
 * - `repair`: the line before was cut off when a run was ended by force, lines were missing, or the chain goes on before
 *   the lines of such a run
 */
export const AUDIT_EVENTS = [
  "run-started",
  "decision",
  "left-alone",
  "refusal",
  "approval",
  "change",
  "run-finished",
  "repair",
] as const;

const personSchema = z.strictObject({
  email: z.string(),
  /** Of the user in Langfuse and in Keycloak. */
  userId: z.string().nullable(),
  keycloakId: z.string().nullable(),
});

/** What a caller says; who, when and where in the chain is added. */
export const auditEntry = z.strictObject({
  event: z.enum(AUDIT_EVENTS),
  /** Id of the organization in Langfuse; absent where the whole run is meant. */
  organization: z.string().optional(),
  person: personSchema.optional(),
  /** Id of the project whose role is meant; absent for the role in the organization. */
  project: z.string().optional(),
  /** Roles. */
  before: z.string().optional(),
  after: z.string().optional(),
  /** Why: the rule that decided, or the guard that refused. */
  cause: z.string().optional(),
  /** Position of the rule, from 0. */
  rule: z.number().int().optional(),
  /** What became of it. */
  outcome: z.string().optional(),
  /** Of the plan. */
  fingerprint: z.string().optional(),
  /** Whom a refusal names. */
  people: z.array(z.string()).optional(),
});
export type AuditEntry = z.output<typeof auditEntry>;

const chained = auditEntry.extend({
  /** Position in the chain, from 1. */
  sequence: z.number().int().positive(),
  /** ISO 8601 in UTC. */
  time: z.string(),
  run: z.string(),
  /** Whose rights were used, and who started the run where. */
  actor: z.string(),
  /** Hash of the line before. */
  previous: z.string(),
});

export const auditRecord = chained.extend({
  /** SHA-256, in hexadecimal, over the canonical JSON of all the other fields. */
  hash: z.string(),
});
export type AuditRecord = z.output<typeof auditRecord>;

/** Where a chain has come to. */
export interface AuditHead {
  readonly sequence: number;
  readonly hash: string;
}

/** Where a chain has come to, as the state remembers it. */
export interface RememberedHead extends AuditHead {
  /** Run that began behind it and did not say how it ended. */
  readonly open?: string | undefined;
}

/** Before the first line. */
export const GENESIS: AuditHead = { sequence: 0, hash: "0".repeat(64) };

/** The next line of a chain. */
export function nextRecord(
  head: AuditHead,
  entry: AuditEntry,
  circumstances: { readonly time: string; readonly run: string; readonly actor: string },
): AuditRecord {
  const record = { ...entry, ...circumstances, sequence: head.sequence + 1, previous: head.hash };
  return { ...record, hash: hashOf(record) };
}

export function hashOf(record: z.output<typeof chained>): string {
  return createHash("sha256").update(canonicalJson(record)).digest("hex");
}
