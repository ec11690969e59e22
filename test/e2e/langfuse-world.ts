import type { Ground } from "./langfuse-ground.ts";

/** What a person would see of one organization in Langfuse, in an order of its own. */
export interface World {
  readonly keys: number;
  readonly members: Readonly<Record<string, string>>;
  readonly projects: Readonly<
    Record<string, { readonly keys: number; readonly roles: Readonly<Record<string, string>> }>
  >;
}

/** Every organization of this stack, by name; more than one is a duplicate. */
export async function organizationsOf({ admin }: Ground, stack: string): Promise<{ id: string; name: string }[]> {
  const marker = `langfuse-access/${stack}/organization`;
  const ours = (metadata: unknown) => (metadata as { managedBy?: unknown } | null)?.managedBy === marker;
  return (await admin.listOrganizations()).filter(({ metadata }) => ours(metadata));
}

export async function worldOf(ground: Ground): Promise<World> {
  const client = await ground.client();
  const { organizationId } = await ground.stack.outputs();
  const projects = await client.listProjects();
  const inProjects = projects.map(async ({ id, name }) => {
    const keys = await client.listProjectApiKeys(id);
    return [name, { keys: keys.length, roles: rolesOf(await client.listProjectMemberships(id)) }] as const;
  });
  return {
    keys: (await ground.admin.listApiKeys(String(organizationId))).length,
    members: rolesOf(await client.listMemberships()),
    projects: Object.fromEntries(await Promise.all(inProjects)),
  };
}

function rolesOf(members: readonly { email?: string | null | undefined; role: string }[]): Record<string, string> {
  return Object.fromEntries(members.map(({ email, role }) => [email ?? "", role]));
}
