import { AccessError } from "../errors.ts";
import type { LangfuseAdminClient } from "../langfuse/admin-client.ts";
import type { SecretData, SecretStore } from "./secret-store.ts";

/** Keys of the Secret; as environment variables they are what the sync reads. */
export const PUBLIC_KEY = "LANGFUSE_PUBLIC_KEY";
export const SECRET_KEY = "LANGFUSE_SECRET_KEY";

export interface BootstrapResult {
  /** `created`: this run made the key that is in the Secret; `present`: it was there, or another run was faster. */
  readonly outcome: "created" | "present";
  /** For people: namespace and name of the Secret. */
  readonly secret: string;
  readonly publicKey: string;
  /** Public keys that bore the note of this Secret without being in it, and are removed. */
  readonly removed: readonly string[];
}

type KeyClient = Pick<LangfuseAdminClient, "listApiKeys" | "createApiKey" | "deleteApiKey">;

/**
 * Makes an organization key and puts it into a Secret, exactly once: also with several runs at the same time, and
 * whatever moment one of them is killed at.
 *
 * The key is made first, because only its making shows the secret; then creating the Secret decides which of several
 * runs wins. Keys that bear the note of this Secret and are not in it are removed only when the Secret is there: until
 * then any of them may be the one that is about to be stored.
 *
 * @throws AccessError `incomplete` when the Secret and the keys of the organization contradict each other
 */
export async function bootstrapKey(
  organizationId: string,
  secret: SecretStore,
  client: KeyClient,
): Promise<BootstrapResult> {
  const found = await secret.read();
  const outcome = found === undefined && (await createKey(organizationId, secret, client)) ? "created" : "present";
  const publicKey = publicKeyOf(found ?? (await secret.read()), secret.title);
  const removed = await removeOrphans(organizationId, publicKey, secret, client);
  return { outcome, secret: secret.title, publicKey, removed };
}

/** Tells whose a key is; the Secret's name is in it, so that several installations do not remove each other's keys. */
export function noteOf(secret: Pick<SecretStore, "title">): string {
  return `langfuse-access, in Secret ${secret.title}`;
}

/** Whether the key that was made is the one in the Secret; one that is not is removed again at once. */
async function createKey(organizationId: string, secret: SecretStore, client: KeyClient): Promise<boolean> {
  const key = await client.createApiKey(organizationId, { note: noteOf(secret) });
  const data = { [PUBLIC_KEY]: key.publicKey, [SECRET_KEY]: key.secretKey };
  const stored = await secret.create(data).catch(async (error: unknown) => {
    // A refusal is certain; after anything else the Secret may be there, and the next run sees to it.
    if (error instanceof AccessError && error.kind === "unauthorised")
      await client.deleteApiKey(organizationId, key.id);
    throw error;
  });
  // Where the answer was lost and the request repeated, the refusal is about our own Secret.
  if (stored || (await secret.read())?.[PUBLIC_KEY] === key.publicKey) return true;
  await client.deleteApiKey(organizationId, key.id);
  return false;
}

function publicKeyOf(data: SecretData | undefined, title: string): string {
  const publicKey = data?.[PUBLIC_KEY];
  if (publicKey && data?.[SECRET_KEY]) return publicKey;
  const state = data === undefined ? "is gone again" : `lacks ${PUBLIC_KEY} or ${SECRET_KEY}`;
  throw new AccessError(
    "incomplete",
    `Secret ${title} ${state}; delete it if nothing else uses it, or name another one, and run bootstrap again`,
  );
}

/** @returns public keys of what was removed, sorted */
async function removeOrphans(
  organizationId: string,
  publicKey: string,
  secret: SecretStore,
  client: KeyClient,
): Promise<readonly string[]> {
  const keys = await client.listApiKeys(organizationId);
  if (!keys.some((key) => key.publicKey === publicKey)) {
    throw new AccessError(
      "incomplete",
      `Secret ${secret.title} holds the key ${publicKey}, which organization ${organizationId} does not have; ` +
        "check the id of the organization; if the key was deleted, delete the Secret too and run bootstrap again",
    );
  }
  const orphans = keys.filter((key) => key.note === noteOf(secret) && key.publicKey !== publicKey);
  for (const { id } of orphans) await client.deleteApiKey(organizationId, id);
  return orphans.map((key) => key.publicKey).toSorted();
}
