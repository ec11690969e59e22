import type { Person } from "../people/person.ts";

/** What somebody holds of the roles and groups that matter; sorted and without repetition. */
export type Holding = Pick<Person, "realmRoles" | "clientRoles" | "groups">;

/**
 * Thousands of people hold one of a handful of combinations, so each combination exists once and is shared: equal
 * holdings of one table are the same object.
 */
export interface HoldingTable {
  readonly none: Holding;
  of(parts: Partial<Holding>): Holding;
  union(left: Holding, right: Holding): Holding;
}

export function createHoldingTable(): HoldingTable {
  const known = new Map<string, Holding>();
  const unions = new Map<Holding, Map<Holding, Holding>>();
  const of = ({ realmRoles = [], clientRoles = [], groups = [] }: Partial<Holding>): Holding => {
    const holding = { realmRoles: sorted(realmRoles), clientRoles: sorted(clientRoles), groups: sorted(groups) };
    const key = JSON.stringify(holding);
    const same = known.get(key);
    if (same !== undefined) return same;
    known.set(key, holding);
    return holding;
  };
  return {
    none: of({}),
    of,
    union(left, right) {
      if (left === right) return left;
      const ofLeft = unions.get(left) ?? new Map<Holding, Holding>();
      const union =
        ofLeft.get(right) ??
        of({
          realmRoles: [...left.realmRoles, ...right.realmRoles],
          clientRoles: [...left.clientRoles, ...right.clientRoles],
          groups: [...left.groups, ...right.groups],
        });
      unions.set(left, ofLeft.set(right, union));
      return union;
    },
  };
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
