import * as z from "zod";
import { toDotPath } from "zod/v4/core";
import { AccessError } from "../errors.ts";

const time = z.iso.datetime();

const organizationState = z.strictObject({
  /** End of the last run that applied everything. */
  lastSuccess: time.optional(),
  /** By user id in Langfuse: since when members have been without a user in Keycloak. */
  absences: z.record(z.string(), time).default({}),
  /** By user id in Langfuse: id of the user in Keycloak that they were found to be. */
  links: z.record(z.string(), z.string()).default({}),
  /** By user id in Langfuse: how many runs in a row have seen them switched off by a user storage. */
  unavailable: z.record(z.string(), z.number().int().positive()).default({}),
});

/**
 * What a run tells the next one. Losing it costs comfort and never access: grace periods begin anew, links are found again
 * by address, counters begin at 0.
 */
export const stateSchema = z.strictObject({
  version: z.literal(1),
  /** By id in Langfuse. */
  organizations: z.record(z.string(), organizationState).default({}),
  /** Plans that were approved, by fingerprint, with the time; each approval holds once. */
  approvals: z.record(z.string(), time).default({}),
  /**
   * Last line of the audit trail. `open` is the run that writes behind it to an output that cannot be read again; a later
   * run that still finds it there knows that the end of that one is unknown.
   */
  audit: z
    .strictObject({ sequence: z.number().int().nonnegative(), hash: z.string(), open: z.string().optional() })
    .optional(),
  /** Prometheus counters and the time of the last success, by series such as `langfuse_sync_success_total`. */
  counters: z.record(z.string(), z.number()).default({}),
});
export type SyncState = z.output<typeof stateSchema>;

export const EMPTY_STATE: SyncState = stateSchema.parse({ version: 1 });

/** Approvals are kept for this many days: a plan that comes back later is decided about anew. */
const APPROVAL_DAYS = 400;

/**
 * @param where for people, such as `STATE_FILE /var/lib/sync/state.json`
 * @throws AccessError `incomplete` for anything that this version did not write
 */
export function parseState(text: string, where: string): SyncState {
  const advice =
    "put back an older copy, or move it away to begin anew (grace periods and counters then begin again; nobody loses access by that)";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AccessError("incomplete", `${where} is not JSON; ${advice}`);
  }
  const parsed = stateSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue === undefined ? "" : ` (${toDotPath(issue.path)}: ${issue.message})`;
  throw new AccessError("incomplete", `${where} holds no state of this version${place}; ${advice}`);
}

/** Sorted, so that the same state gives the same bytes. */
export function stateText(state: SyncState): string {
  return JSON.stringify(state, (_key, value: unknown) => (isPlain(value) ? sorted(value) : value));
}

export function isApprovalUsed(state: SyncState, fingerprint: string): boolean {
  return Object.hasOwn(state.approvals, fingerprint);
}

export function withApproval(state: SyncState, fingerprint: string, now: Date): SyncState {
  const oldest = new Date(now.getTime() - APPROVAL_DAYS * 86_400_000).toISOString();
  const kept = Object.entries(state.approvals).filter(([, at]) => at > oldest);
  return { ...state, approvals: { ...Object.fromEntries(kept), [fingerprint]: now.toISOString() } };
}

export function withSuccess(state: SyncState, organizations: readonly string[], now: Date): SyncState {
  const succeeded = organizations.map((id) => {
    const known = state.organizations[id] ?? { absences: {}, links: {}, unavailable: {} };
    return [id, { ...known, lastSuccess: now.toISOString() }] as const;
  });
  return { ...state, organizations: { ...state.organizations, ...Object.fromEntries(succeeded) } };
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(value: Readonly<Record<string, unknown>>) {
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, value[key]]));
}
