import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { requireGone } from "./absence.ts";
import type { KeyPair } from "./connection.ts";

/** By this note a pair that outlived its run is recognised. */
export const SPARE_NOTE = "one deletion, made by langfuse-access";

export type SpareKeyMaker = Pick<LangfuseAdminClient, "listOrganizations" | "createApiKey" | "deleteApiKey">;

/**
 * Deletes something with the pair that is stored beside it, and where that is refused, with one that is made for this
 * deletion alone. A `destroy` knows no other pair than the stored one, which a rotation may have ended since: a rotation
 * does not touch what the pair opens, and so does not store its successor there.
 *
 * @throws the refusal when the server key cannot make another pair; nothing when the organization is gone, and all with it
 */
export async function deleteInAnyCase<Client>(
  organizationId: string,
  work: (client: Client) => Promise<void>,
  { stored, spare, admin }: { stored: Client; spare: (pair: KeyPair) => Client; admin: SpareKeyMaker },
): Promise<void> {
  try {
    await work(stored);
  } catch (refusal) {
    if (statusOf(refusal) !== 401) throw refusal;
    const key = await admin.createApiKey(organizationId, { note: SPARE_NOTE }).catch(async (error) => {
      if (statusOf(error) === 403) throw refusal;
      await requireGone(error, organizationId, () => admin.listOrganizations());
      return undefined;
    });
    if (!key) return;
    const [done] = await Promise.allSettled([work(spare(key))]);
    const [ended] = await Promise.allSettled([admin.deleteApiKey(organizationId, key.id)]);
    // What went wrong first; a pair that is left bears the note by which the next run ends it.
    for (const one of [done, ended]) if (one.status === "rejected") throw one.reason;
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof AccessError ? error.status : undefined;
}
