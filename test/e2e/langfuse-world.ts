import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import type { Ground } from "./langfuse-ground.ts";

/** What a person would see of one organization in Langfuse, in an order of its own. */
export interface World {
  readonly keys: number;
  readonly members: Readonly<Record<string, string>>;
  readonly projects: Readonly<
    Record<string, { readonly keys: number; readonly roles: Readonly<Record<string, string>> }>
  >;
}

/** Every organization of this stack; more than it declares are duplicates. */
export async function organizationsOf({ admin, name }: Ground): Promise<{ id: string; name: string }[]> {
  const ours = (metadata: unknown) =>
    String((metadata as { managedBy?: unknown } | null)?.managedBy).startsWith(`langfuse-access/${name}/`);
  return (await admin.listOrganizations()).filter(({ metadata }) => ours(metadata));
}

export async function worldOf({ stack, url, admin }: Ground): Promise<World> {
  const { organizationId, publicKey, secretKey } = await stack.outputs({ showSecrets: true });
  const client = createLangfuseClient({ url, publicKey: String(publicKey), secretKey: String(secretKey) });
  return await worldIn(String(organizationId), client, admin);
}

export async function worldIn(
  organizationId: string,
  client: LangfuseClient,
  admin: LangfuseAdminClient,
): Promise<World> {
  const projects = await client.listProjects();
  const inProjects = projects.map(async ({ id, name }) => {
    const keys = await client.listProjectApiKeys(id);
    return [name, { keys: keys.length, roles: rolesOf(await client.listProjectMemberships(id)) }] as const;
  });
  return {
    keys: (await admin.listApiKeys(organizationId)).length,
    members: rolesOf(await client.listMemberships()),
    projects: Object.fromEntries(await Promise.all(inProjects)),
  };
}

function rolesOf(members: readonly { email?: string | null | undefined; role: string }[]): Record<string, string> {
  return Object.fromEntries(members.map(({ email, role }) => [email ?? "", role]));
}
