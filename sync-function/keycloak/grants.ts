import { mapLimited } from "../concurrency.ts";
import { AccessError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import type { Interest } from "../people/person.ts";
import { impliedRoles, type RoleNode } from "../roles/graph.ts";
import { grantingGroups } from "../roles/groups.ts";
import type { KeycloakGroup, KeycloakRole } from "./answers.ts";
import type { KeycloakClient } from "./client.ts";
import type { Holding, HoldingTable } from "./holding.ts";

/** A realm role, or a role of a client. */
export interface AnyRole extends KeycloakRole {
  readonly client?: { readonly id: string; readonly clientId: string };
}

/** All roles of a realm with what they contain. */
export interface RoleGraph {
  readonly roles: readonly AnyRole[];
  readonly nodes: readonly RoleNode[];
}

/** Roles and groups that give something that matters, with what they give. */
export interface Grants {
  readonly roles: readonly { readonly role: AnyRole; readonly holding: Holding }[];
  readonly groups: readonly { readonly group: KeycloakGroup; readonly holding: Holding }[];
}

/** More than four connections gain nothing: building the rows of a page is what takes the time. */
export const READ_CONCURRENCY = 4;

/** How a client role is named in rules and answers. */
export function clientRoleName(clientId: string, role: string): string {
  return `${clientId}/${role}`;
}

/** Roles of all clients; needs `view-clients`. One request for each client. */
export async function readClientRoles(
  source: Pick<KeycloakClient, "listClients" | "listClientRoles">,
): Promise<readonly AnyRole[]> {
  const clients = await source.listClients();
  const roles = await mapLimited(clients, READ_CONCURRENCY, async (client) =>
    (await source.listClientRoles(client.id)).map((role) => ({ ...role, client })),
  );
  return roles.flat();
}

/** One request for each composite role. */
export async function readRoleGraph(
  source: Pick<KeycloakClient, "listComposites">,
  roles: readonly AnyRole[],
): Promise<RoleGraph> {
  const nodes = await mapLimited(roles, READ_CONCURRENCY, async ({ id, composite }) => ({
    id,
    // Names are unique among realm roles only; the graph is about ids.
    name: id,
    contains: composite ? (await source.listComposites(id)).map((child) => child.id) : [],
  }));
  return { roles, nodes };
}

export function grantsOf(
  { roles, nodes }: RoleGraph,
  groups: readonly KeycloakGroup[],
  interest: Interest,
  table: HoldingTable,
): Grants {
  const own = new Map(roles.flatMap((role) => (matters(role, interest) ? [[role.id, holdingOf(role, table)]] : [])));
  const implied = impliedRoles(nodes, new Set(own.keys()));
  const together = (ids: Iterable<string>) =>
    [...ids].reduce((sum, id) => table.union(sum, own.get(id) ?? table.none), table.none);
  const idOf = new Map(roles.map((role) => [roleKey(role), role.id]));
  const giving = grantingGroups(
    groups.map((group) => ({ ...group, realmRoles: roleKeys(group).flatMap((name) => idOf.get(name) ?? []) })),
    implied,
  );
  const holdingOfGroup = (group: KeycloakGroup) => {
    const byRoles = together(giving.get(group.id) ?? []);
    return isWithin(group.path, interest.groups) ? table.union(byRoles, table.of({ groups: [group.path] })) : byRoles;
  };
  return {
    roles: roles.flatMap((role) => {
      const ids = implied.get(role.id);
      return ids === undefined ? [] : [{ role, holding: together(ids) }];
    }),
    groups: groups
      .map((group) => ({ group, holding: holdingOfGroup(group) }))
      .filter(({ holding }) => holding !== table.none),
  };
}

/**
 * @throws AccessError `incomplete` when a rule asks for something that does not exist: nobody would hold it, and
 * everybody who should would lose access
 */
export function requireExistence(
  realm: string,
  interest: Interest,
  { roles, groups }: { readonly roles: readonly AnyRole[]; readonly groups: readonly KeycloakGroup[] },
): void {
  const existing = {
    role: new Set(roles.filter(({ client }) => !client).map(({ name }) => name)),
    "client role": new Set(roles.filter(({ client }) => client).map(displayName)),
    group: new Set(groups.map(({ path }) => path)),
  };
  const shared = roles.filter(({ client }) => client).map(displayName);
  const twice = shared.find((name, index) => interest.clientRoles.has(name) && shared.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new AccessError(
      "incomplete",
      `Keycloak: realm "${realm}" has two client roles that are both written "${twice}", because a client's id and a role's name may have slashes; rename one of them`,
    );
  }
  const wanted = { role: interest.realmRoles, "client role": interest.clientRoles, group: interest.groups };
  for (const kind of ["role", "client role", "group"] as const) {
    const missing = [...wanted[kind]].filter((name) => !existing[kind].has(name));
    if (missing.length === 0) continue;
    const list = missing.map((name) => `"${name}"${suggestion(name, existing[kind])}`).join(", ");
    throw new AccessError(
      "incomplete",
      `Keycloak: realm "${realm}" has no ${kind} ${list}, so everybody who should have it would lose access; create it, or correct the rules (ROLE_MAPPING)`,
    );
  }
}

/** Clients that may have a role that matters. */
export function clientsOf<C extends { readonly clientId: string }>(
  { clientRoles }: Pick<Interest, "clientRoles">,
  clients: readonly C[],
): readonly C[] {
  return clients.filter(({ clientId }) =>
    [...clientRoles].some((name) => name.startsWith(clientRoleName(clientId, ""))),
  );
}

/** Whether a group is one of these paths or below one. */
export function isWithin(path: string, groups: ReadonlySet<string>): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (groups.has(path.slice(0, end))) return true;
  }
  return false;
}

export function matters(role: AnyRole, { realmRoles, clientRoles }: Interest): boolean {
  return role.client ? clientRoles.has(displayName(role)) : realmRoles.has(role.name);
}

function holdingOf(role: AnyRole, table: HoldingTable): Holding {
  return table.of(role.client ? { clientRoles: [displayName(role)] } : { realmRoles: [role.name] });
}

/** As rules name it. */
export function displayName({ name, client }: AnyRole): string {
  return client ? clientRoleName(client.clientId, name) : name;
}

/** A realm role may be called like a client role with its client; these keys differ. */
export function roleKey({ name, client }: Pick<AnyRole, "name" | "client">): string {
  return JSON.stringify(client ? [client.clientId, name] : [name]);
}

/** Roles of the group itself, by what `roleKey` gives for each. */
export function roleKeys({ realmRoles, clientRoles }: KeycloakGroup): string[] {
  return [
    ...realmRoles.map((name) => JSON.stringify([name])),
    ...Object.entries(clientRoles).flatMap(([clientId, names]) =>
      names.map((name) => JSON.stringify([clientId, name])),
    ),
  ];
}
