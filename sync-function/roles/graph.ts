/** A composite role contains other roles; names are unique among realm roles only, so ids are the keys. */
export interface RoleNode {
  readonly id: string;
  readonly name: string;
  /** Ids of the roles it contains directly; empty for a plain role. */
  readonly contains: readonly string[];
}

/**
 * For every role that implies a mapped role (itself, or by containing it at any depth) the names of the mapped roles it
 * implies. Cycles, which Keycloak allows, do no harm.
 */
export function impliedRoles(
  nodes: readonly RoleNode[],
  mapped: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const parents = new Map<string, string[]>();
  for (const node of nodes) {
    for (const child of node.contains) {
      const known = parents.get(child);
      if (known === undefined) parents.set(child, [node.id]);
      else known.push(node.id);
    }
  }
  const implied = new Map<string, Set<string>>();
  for (const node of nodes.filter(({ name }) => mapped.has(name))) {
    const visited = new Set([node.id]);
    for (const id of visited) {
      const names = implied.get(id) ?? new Set();
      implied.set(id, names.add(node.name));
      for (const parent of parents.get(id) ?? []) visited.add(parent);
    }
  }
  return implied;
}
