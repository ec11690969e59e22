import * as z from "zod";
import { mapLimited } from "../concurrency.ts";
import { messageOf } from "../errors.ts";
import type { LangfuseClient } from "../langfuse/client.ts";
import { type Change, changeSchema, raises } from "../plan/change.ts";

/** Two SCIM writes at a time bring nearly all there is (249 of 284 per second); more only lose transactions. */
const WRITE_CONCURRENCY = 2;

export const outcomeSchema = z.object({
  applied: z.array(changeSchema),
  failed: z.array(z.object({ change: changeSchema, message: z.string() })),
  /** Not begun because the run was told to stop. */
  notAttempted: z.array(changeSchema),
  /** Why the result could not be read again; what counts as applied is then what the server said it did. */
  unverified: z.string().optional(),
});
export type Outcome = Readonly<z.output<typeof outcomeSchema>>;

export interface ApplyOptions {
  /** Once aborted, the people in hand are finished and nobody else is begun. */
  readonly stop: AbortSignal;
  /** Called when the server has answered about one person; `failure` is what went wrong. */
  readonly onAnswer?: (change: Change, failure: string | undefined) => void;
}

/**
 * Applies the changes, those that give before those that take, and reads the memberships again: what counts is what is
 * there afterwards. A person's failure does not stop the others.
 */
export async function applyChanges(
  changes: readonly Change[],
  client: Pick<LangfuseClient, "listMemberships" | "updateScimUser">,
  { stop, onAnswer }: ApplyOptions,
): Promise<Outcome> {
  const failures = new Map<Change, string>();
  const attempted = new Set<Change>();
  const write = async (change: Change) => {
    if (stop.aborted) return;
    attempted.add(change);
    try {
      await client.updateScimUser(change.userId, change.to);
      onAnswer?.(change, undefined);
    } catch (error) {
      failures.set(change, messageOf(error));
      onAnswer?.(change, messageOf(error));
    }
  };
  const [giving, taking] = [changes.filter(raises), changes.filter((change) => !raises(change))];
  for (const phase of [giving, taking]) await mapLimited(phase, WRITE_CONCURRENCY, write);

  const notAttempted = changes.filter((change) => !attempted.has(change));
  const unverified = attempted.size === 0 ? undefined : await verify(attempted, client, failures);
  return {
    applied: changes.filter((change) => attempted.has(change) && !failures.has(change)),
    failed: [...failures].map(([change, message]) => ({ change, message })),
    notAttempted,
    ...(unverified !== undefined && { unverified }),
  };
}

/**
 * Corrects `failures` by what Langfuse has now: a misspelt role is answered with success and changes nothing, and an
 * answer may be lost after the change was made. Returns why that could not be read, if so.
 */
async function verify(
  attempted: ReadonlySet<Change>,
  client: Pick<LangfuseClient, "listMemberships">,
  failures: Map<Change, string>,
): Promise<string | undefined> {
  let roles: ReadonlyMap<string, string>;
  try {
    roles = new Map((await client.listMemberships()).map(({ userId, role }) => [userId, role]));
  } catch (error) {
    return messageOf(error);
  }
  for (const change of attempted) {
    const role = roles.get(change.userId);
    if (role === change.to) failures.delete(change);
    else if (!failures.has(change)) {
      const found = role === undefined ? "the person is no member any more" : `the role is ${role}`;
      failures.set(change, `Langfuse accepted the change, but ${found}; run again, and look for another writer`);
    }
  }
  return undefined;
}
