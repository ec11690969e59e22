import * as z from "zod";
import { mapLimited } from "../concurrency.ts";
import { AccessError, messageOf } from "../errors.ts";
import type { LangfuseClient } from "../langfuse/client.ts";
import { type Change, changeSchema, PHASES, phaseOf } from "../plan/change.ts";
import { type OwnerFacts, ownerCount } from "./owner-count.ts";
import { verify } from "./verification.ts";

/** One more than the client writes at a time, so that whoever waits to be repeated leaves no turn unused. */
const PEOPLE_IN_HAND = 3;

export const outcomeSchema = z.strictObject({
  applied: z.array(changeSchema),
  failed: z.array(z.strictObject({ change: changeSchema, message: z.string() })),
  /** Not begun because the run was told to stop. */
  notAttempted: z.array(changeSchema),
  /** Why the result could not be read again; what counts as applied is then what the server said it did. */
  unverified: z.string().optional(),
});
export type Outcome = Readonly<z.output<typeof outcomeSchema>>;

export type OrganizationWriter = Pick<
  LangfuseClient,
  | "createScimUser"
  | "deleteProjectMembership"
  | "deleteScimUser"
  | "listMemberships"
  | "listProjectMemberships"
  | "putProjectMembership"
  | "updateScimUser"
>;

export interface ApplyOptions {
  /** Once aborted, the people in hand are finished and nobody else is begun. */
  readonly stop: AbortSignal;
  /** Default: owners are not counted. */
  readonly owners?: OwnerFacts;
  /** Called when the server has answered about one change, and waited for; `failure` is what went wrong. */
  readonly onAnswer?: (change: Change, failure: string | undefined) => Promise<void>;
}

/**
 * Applies the changes phase by phase, those that give before those that take, and reads everything again that was
 * written: what counts is what is there afterwards. One failure does not stop the others, except where an owner would go
 * whose successor did not come. What a run leaves undone, the next one finds and does.
 */
export async function applyChanges(
  changes: readonly Change[],
  client: OrganizationWriter,
  { stop, owners, onAnswer }: ApplyOptions,
): Promise<Outcome> {
  const failures = new Map<Change, string>();
  const attempted = new Set<Change>();
  const provisioned = new Map<string, string>();
  const count = ownerCount(changes, owners ?? { owners: 0, minimum: Number.NEGATIVE_INFINITY });
  const write = async (change: Change) => {
    if (stop.aborted) return;
    attempted.add(change);
    const objection = count.begin(change);
    try {
      if (objection !== undefined) throw new AccessError("refused", objection);
      await writeOne(change, client, provisioned);
    } catch (error) {
      failures.set(change, messageOf(error));
    }
    count.end(change, !failures.has(change));
    await onAnswer?.(change, failures.get(change));
  };
  for (let phase = 0; phase < PHASES; phase += 1) {
    const due = changes.filter((change) => phaseOf(change) === phase);
    await mapLimited(due, PEOPLE_IN_HAND, write);
  }
  const unverified = attempted.size === 0 ? undefined : await verify(attempted, client, failures);
  return {
    applied: changes.filter((change) => attempted.has(change) && !failures.has(change)),
    failed: changes.flatMap((change) => {
      const message = failures.get(change);
      return message === undefined ? [] : [{ change, message }];
    }),
    notAttempted: changes.filter((change) => !attempted.has(change)),
    ...(unverified !== undefined && { unverified }),
  };
}

export function isComplete({ failed, notAttempted, unverified }: Outcome): boolean {
  return failed.length === 0 && notAttempted.length === 0 && unverified === undefined;
}

/** @param provisioned user ids by address, of the members this run has made */
async function writeOne(change: Change, client: OrganizationWriter, provisioned: Map<string, string>): Promise<void> {
  const { kind, email, project, row, to } = change;
  if (kind === "provision") {
    const { id } = await client.createScimUser({ userName: email, role: to });
    provisioned.set(email, id);
    return;
  }
  const userId = change.userId ?? provisioned.get(email);
  if (userId === undefined) {
    throw new AccessError("partial", `${email} could not be made a member, so there is nobody to give the role to`);
  }
  if (project === undefined) {
    if (kind === "remove-member") await client.deleteScimUser(userId);
    else await client.updateScimUser(userId, to);
  } else if (row?.to) await client.putProjectMembership(project.id, userId, row.to);
  else await client.deleteProjectMembership(project.id, userId);
}
