import { expect, it } from "vitest";
import { isWithin } from "#sync/keycloak/grants.ts";
import { createHoldingTable } from "#sync/keycloak/holding.ts";

it("has each combination once", () => {
  const table = createHoldingTable();
  const [a, b] = [table.of({ realmRoles: ["a"] }), table.of({ realmRoles: ["b"], groups: ["/g"] })];
  const both = table.of({ realmRoles: ["b", "a", "a"], groups: ["/g"] });
  expect(table.union(a, b)).toBe(both);
  expect(table.union(b, a)).toBe(both);
  expect(table.union(both, a)).toBe(both);
  expect(table.union(table.none, a)).toBe(a);
  expect(both).toEqual({ realmRoles: ["a", "b"], clientRoles: [], groups: ["/g"] });
});

it.each([
  ["/a", true],
  ["/a/b", true],
  ["/a/b/c", true],
  ["/ab", false],
  ["/x/a", false],
  ["/", false],
])("group %s is within /a: %s", (path, expected) => {
  expect(isWithin(path, new Set(["/a"]))).toBe(expected);
});
