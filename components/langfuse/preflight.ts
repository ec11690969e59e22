import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";

/**
 * Asks Langfuse for something that takes both the server key and the licence, before anything is declared anywhere: a
 * Langfuse that would refuse half-way is refused at once.
 */
export async function requireLangfuse(client: Pick<LangfuseAdminClient, "listOrganizations">): Promise<void> {
  try {
    await client.listOrganizations();
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    throw new AccessError(error.kind, explain(error), {
      cause: error,
      ...(error.status ? { status: error.status } : {}),
    });
  }
}

function explain({ status, message }: AccessError): string {
  if (status === 401) return `${message} (langfuse-access:langfuseAdminApiKey must be the server's ADMIN_API_KEY)`;
  if (status !== 403) return message;
  return message.includes("plan")
    ? `This Langfuse has no licence for managing organizations (${message}). Roles, login gate and secrets do not need one, but this program declares organizations as well: give the server its licence key.`
    : `This Langfuse takes no server key (${message}). Set ADMIN_API_KEY on the server.`;
}
