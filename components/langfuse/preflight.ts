import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";

/** What works without a licence, and how to say that the rest is not wanted. */
const REMEDY =
  "Roles, login gate, secrets and hardening work without one: give the server its licence key, or set langfuse.manage to false";

/**
 * Asks Langfuse for something that takes both the server key and the licence, before anything is declared anywhere: a
 * Langfuse that would refuse half-way is refused at once.
 */
export async function requireLangfuse(client: Pick<LangfuseAdminClient, "listOrganizations">): Promise<void> {
  await explained(() => client.listOrganizations(), explainServerKey);
}

/**
 * The same for a pair of an organization that somebody made by hand.
 *
 * @param hasProjectRoles whether roles in projects are declared, for which a licence may lack the right
 */
export async function requireOrganizationKey(
  client: Pick<LangfuseClient, "listMemberships" | "listProjectMemberships">,
  hasProjectRoles: boolean,
): Promise<void> {
  await explained(() => client.listMemberships(), explainOrganizationKey);
  if (hasProjectRoles) await requireProjectRoles(client);
}

/** That the licence covers roles in projects, which an organization's key can be asked for and the server key cannot. */
export async function requireProjectRoles(client: Pick<LangfuseClient, "listProjectMemberships">): Promise<void> {
  await explained(async () => {
    try {
      // The plan is looked at before the project, so any id tells.
      await client.listProjectMemberships("entitlement-probe");
    } catch (error) {
      if (!(error instanceof AccessError && error.status === 404)) throw error;
    }
  }, explainProjectRoles);
}

/**
 * That a pair is of the organization it is set for, where there is a server key to ask with: with the pair of another one
 * everything would be made there.
 */
export async function requireKeyOf(
  organizationId: string,
  pair: Pick<LangfuseClient, "listApiKeys">,
  admin: Pick<LangfuseAdminClient, "listApiKeys">,
): Promise<void> {
  const [own, declared] = await Promise.all([
    explained(() => pair.listApiKeys(), explainOrganizationKey),
    explained(() => admin.listApiKeys(organizationId), explainServerKey),
  ]);
  if (own.some(({ id }) => declared.some((key) => key.id === id))) return;
  throw new AccessError(
    "refused",
    `langfuseOrganizationPublicKey and langfuseOrganizationSecretKey are a pair of another organization than langfuse.organization.id names (${organizationId}). Set the id of the organization that the pair was made in, or a pair of this one.`,
  );
}

async function explained<T>(probe: () => Promise<T>, explain: (error: AccessError) => string): Promise<T> {
  try {
    return await probe();
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    const status = error.status ? { status: error.status } : {};
    throw new AccessError(error.kind, explain(error), { cause: error, ...status });
  }
}

function explainServerKey({ status, message }: AccessError): string {
  if (status === 401) return `${message} (langfuse-access:langfuseAdminApiKey must be the server's ADMIN_API_KEY)`;
  if (status !== 403) return message;
  return message.includes("plan")
    ? `This Langfuse has no licence for managing organizations (${message}). ${REMEDY}.`
    : `This Langfuse takes no server key (${message}). Set ADMIN_API_KEY on the server.`;
}

function explainOrganizationKey({ status, message }: AccessError): string {
  if (status === 401) {
    return `${message} (langfuse-access:langfuseOrganizationPublicKey and langfuseOrganizationSecretKey must be a pair of the organization)`;
  }
  return status === 403 && message.includes("plan")
    ? `This Langfuse has no licence for managing members (${message}). ${REMEDY}.`
    : message;
}

function explainProjectRoles({ status, message }: AccessError): string {
  return status === 403 && message.includes("plan")
    ? `The licence of this Langfuse does not cover roles in projects (${message}). Leave projectRoles out of langfuse.members, which all else works without, or use a licence with project roles.`
    : message;
}
