import type { KeycloakGroup } from "./answers.ts";
import { type AnyRole, displayName, roleKey, roleKeys } from "./grants.ts";

/**
 * - `group`: the person is a direct member of it
 * - `parent group`: a parent of the step before
 * - `role`: held by the person, given to the group before, or contained in the role before
 */
export interface Step {
  readonly kind: "group" | "parent group" | "role";
  /** Full path of a group, or the name of a role as rules write it. */
  readonly name: string;
}

/** From the person to what they hold. */
export type Path = readonly Step[];

/** What is known about one person and the realm they are in. */
export interface HeldFacts {
  readonly roles: readonly AnyRole[];
  /** Ids of the roles that a role contains directly, by its id. */
  readonly contains: ReadonlyMap<string, readonly string[]>;
  readonly groups: readonly KeycloakGroup[];
  /** Ids of the roles given to the person. */
  readonly direct: ReadonlySet<string>;
  /** Ids of the groups whose direct member the person is. */
  readonly ownGroups: ReadonlySet<string>;
}

/** The shortest way to a role from everything that gives it: each direct role, each role of a group or its parents. */
export function pathsToRole(roleId: string, facts: HeldFacts): readonly Path[] {
  const origins = [
    ...[...facts.direct].map((id) => ({ id, before: [] as readonly Step[] })),
    ...facts.groups.filter(({ id }) => facts.ownGroups.has(id)).flatMap((group) => groupOrigins(group, facts)),
  ];
  const nameOf = new Map(facts.roles.map((role) => [role.id, displayName(role)]));
  return origins.flatMap(({ id, before }) => {
    const chain = shortestChain(id, roleId, facts.contains);
    if (chain === undefined) return [];
    return [[...before, ...chain.map((step): Step => ({ kind: "role", name: nameOf.get(step) ?? step }))]];
  });
}

/** A path for people, such as `group /a/b, parent group /a, role staff, role langfuse-member`. */
export function pathText(path: Path): string {
  return path.map(({ kind, name }) => `${kind} ${name}`).join(", ");
}

function groupOrigins(own: KeycloakGroup, { roles, groups }: HeldFacts) {
  const idOf = new Map(roles.map((role) => [roleKey(role), role.id]));
  const byId = new Map(groups.map((group) => [group.id, group]));
  const line: KeycloakGroup[] = [];
  for (let at: KeycloakGroup | undefined = own; at !== undefined && !line.includes(at); ) {
    line.push(at);
    at = at.parentId ? byId.get(at.parentId) : undefined;
  }
  return line.flatMap((group, depth) => {
    const before: Step[] = line
      .slice(0, depth + 1)
      .map(({ path }, index) => ({ kind: index === 0 ? "group" : "parent group", name: path }));
    return roleKeys(group).flatMap((key) => {
      const id = idOf.get(key);
      return id === undefined ? [] : [{ id, before }];
    });
  });
}

/** Breadth first, so the first way found is a shortest one; cycles do no harm. */
function shortestChain(
  from: string,
  to: string,
  contains: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const reachedFrom = new Map<string, string | undefined>([[from, undefined]]);
  for (const [id] of reachedFrom) {
    if (id === to) {
      const chain = [];
      for (let at: string | undefined = to; at !== undefined; at = reachedFrom.get(at)) chain.unshift(at);
      return chain;
    }
    for (const child of contains.get(id) ?? []) if (!reachedFrom.has(child)) reachedFrom.set(child, id);
  }
  return undefined;
}
