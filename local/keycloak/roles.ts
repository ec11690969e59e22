import type { KeycloakAdmin } from "./admin.ts";
import type { GroupRepresentation, RoleRepresentation, UserRepresentation } from "./representations.ts";

/** Which realm roles to grant, by the name of who or what gets them. */
export interface RoleAssignments {
  /** By username. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  /** By path, for example `/engineering`; members of groups below get them too. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** By name of a realm role, which becomes a composite. */
  readonly composites?: Readonly<Record<string, readonly string[]>>;
}

type AssigningAdmin = Pick<KeycloakAdmin, "get" | "post" | "delete">;

/** Grants realm roles; granting one that is there already changes nothing. */
export async function assignRoles(admin: AssigningAdmin, realm: string, assignments: RoleAssignments): Promise<void> {
  for (const { path, roles } of await resolve(admin, realm, assignments)) await admin.post(path, roles);
}

/** Takes realm roles away again. */
export async function removeRoles(admin: AssigningAdmin, realm: string, assignments: RoleAssignments): Promise<void> {
  for (const { path, roles } of await resolve(admin, realm, assignments)) await admin.delete(path, roles);
}

/** The Admin API wants ids where people have names. */
async function resolve(
  admin: Pick<KeycloakAdmin, "get">,
  realm: string,
  assignments: RoleAssignments,
): Promise<{ path: string; roles: RoleRepresentation[] }[]> {
  const base = `/realms/${encodeURIComponent(realm)}`;
  const holders: [path: string, roles: readonly string[]][] = [];
  for (const [username, roles] of Object.entries(assignments.users ?? {})) {
    const [user] = await admin.get<UserRepresentation[]>(`${base}/users`, { username, exact: true });
    if (!user?.id) throw new Error(`realm ${realm} has no user ${username}`);
    holders.push([`${base}/users/${user.id}/role-mappings/realm`, roles]);
  }
  for (const [name, roles] of Object.entries(assignments.groups ?? {})) {
    const route = name.split("/").filter(Boolean).map(encodeURIComponent).join("/");
    const group = await admin.get<GroupRepresentation>(`${base}/group-by-path/${route}`);
    holders.push([`${base}/groups/${group.id}/role-mappings/realm`, roles]);
  }
  for (const [name, roles] of Object.entries(assignments.composites ?? {}))
    holders.push([`${base}/roles/${encodeURIComponent(name)}/composites`, roles]);
  return await Promise.all(
    holders.map(async ([path, names]) => {
      const role = (name: string) => admin.get<RoleRepresentation>(`${base}/roles/${encodeURIComponent(name)}`);
      return { path, roles: await Promise.all(names.map(role)) };
    }),
  );
}
