import type { Interest } from "../people/person.ts";
import type { KeycloakClient } from "./client.ts";
import { type AnyRole, displayName, isWithin, matters, readClientRoles, readRoleGraph } from "./grants.ts";
import { type HeldFacts, type Path, pathsToRole } from "./paths.ts";

/** Something that matters and that a person holds, with every way in which they hold it. */
export interface Explanation {
  readonly kind: "realm role" | "client role" | "group";
  /** As rules name it. */
  readonly name: string;
  /** The shortest way from each thing that gives it; not empty. */
  readonly paths: readonly Path[];
}

/**
 * How one person comes to hold what they hold. This reads all groups and all composite roles, so it is for one person
 * at a time; ways through client roles appear only with `clientRoles`, which needs `view-clients`.
 */
export async function readExplanation(
  client: KeycloakClient,
  interest: Interest,
  userId: string,
  { clientRoles = false }: { readonly clientRoles?: boolean } = {},
): Promise<readonly Explanation[]> {
  const [realmRoles, ofClients, groups, direct, ownGroups] = await Promise.all([
    client.listRoles(),
    clientRoles ? readClientRoles(client) : [],
    client.listGroups(),
    client.listDirectRoles(userId),
    client.listOwnGroups(userId),
  ]);
  const roles: readonly AnyRole[] = [...realmRoles, ...ofClients];
  const { nodes } = await readRoleGraph(client, roles);
  const held: HeldFacts = {
    roles,
    contains: new Map(nodes.map(({ id, contains }) => [id, contains])),
    groups,
    direct: new Set([...direct.realm, ...[...direct.clients.values()].flat()].map(({ id }) => id)),
    ownGroups: new Set(ownGroups.map(({ id }) => id)),
  };
  const byRoles = roles
    .filter((role) => matters(role, interest))
    .map((role) => ({
      kind: role.client ? ("client role" as const) : ("realm role" as const),
      name: displayName(role),
      paths: pathsToRole(role.id, held),
    }))
    .filter(({ paths }) => paths.length > 0);
  const byGroups = ownGroups
    .filter(({ path }) => isWithin(path, interest.groups))
    .map(({ path }) => ({ kind: "group" as const, name: path, paths: [[{ kind: "group" as const, name: path }]] }));
  return [...byRoles, ...byGroups];
}
