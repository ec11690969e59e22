import { AccessError } from "../errors.ts";

export interface GroupNode {
  readonly id: string;
  /** Absent for a group at the top. */
  readonly parentId?: string | null | undefined;
  /** Names of the realm roles given to the group itself. */
  readonly realmRoles: readonly string[];
}

/**
 * For every group whose members hold a mapped role, the names of those roles: a group has its own roles and those of
 * all its parents.
 *
 * @param implied mapped roles by the name of the realm role that implies them
 * @throws AccessError `incomplete` when a parent is missing from the list: its roles would be lost silently
 */
export function grantingGroups(
  groups: readonly GroupNode[],
  implied: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const granting = new Map<string, ReadonlySet<string>>();
  for (const group of groups) {
    const roles = new Set<string>();
    const line = new Set<GroupNode>([group]);
    for (const ancestor of line) {
      for (const name of ancestor.realmRoles) for (const role of implied.get(name) ?? []) roles.add(role);
      if (!ancestor.parentId) continue;
      const parent = byId.get(ancestor.parentId);
      if (parent === undefined) {
        throw new AccessError(
          "incomplete",
          `Keycloak: group ${ancestor.id} has parent ${ancestor.parentId}, which is not in the list of groups; run again`,
        );
      }
      line.add(parent);
    }
    if (roles.size > 0) granting.set(group.id, roles);
  }
  return granting;
}
