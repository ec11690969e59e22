import { expect, it } from "vitest";
import { pathsToRole, pathText } from "#sync/keycloak/paths.ts";

const role = (id: string) => ({ id, name: id.toUpperCase(), composite: true, clientRole: false });
const group = (path: string, realmRoles: string[], parentId?: string) => ({
  id: path,
  path,
  realmRoles,
  clientRoles: {},
  parentId,
});

const facts = {
  roles: ["a", "b", "c", "d"].map(role),
  // A ring of a, b and c.
  contains: new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["a"]],
  ]),
  groups: [group("/g", ["A"]), group("/g/h", [], "/g"), group("/other", ["D"])],
  direct: new Set(["b"]),
  ownGroups: new Set(["/g/h"]),
};

it("tells the shortest way from everything that gives a role", () => {
  expect(pathsToRole("c", facts).map(pathText)).toEqual([
    "role B, role C",
    "group /g/h, parent group /g, role A, role B, role C",
  ]);
});

it("knows no way to a role that is not held", () => {
  expect(pathsToRole("d", facts)).toEqual([]);
});
