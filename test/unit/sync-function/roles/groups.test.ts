import { expect, it } from "vitest";
import { grantingGroups } from "#sync/roles/groups.ts";

const implied = new Map([
  ["staff", new Set(["member"])],
  ["boss", new Set(["admin", "member"])],
]);

it("a group has its own roles and those of all its parents, not those of its children", () => {
  const groups = [
    { id: "leaf", parentId: "middle", realmRoles: ["boss"] },
    { id: "middle", parentId: "top", realmRoles: [] },
    { id: "top", realmRoles: ["staff", "other"] },
    { id: "beside", parentId: null, realmRoles: ["other"] },
  ];
  expect(grantingGroups(groups, implied)).toEqual(
    new Map([
      ["leaf", new Set(["admin", "member"])],
      ["middle", new Set(["member"])],
      ["top", new Set(["member"])],
    ]),
  );
});

it("a parent that is not in the list stops the run", () => {
  expect(() => grantingGroups([{ id: "leaf", parentId: "lost", realmRoles: [] }], implied)).toThrow("has parent lost");
});

it("groups that are each other's parents do no harm", () => {
  const groups = [
    { id: "a", parentId: "b", realmRoles: ["staff"] },
    { id: "b", parentId: "a", realmRoles: [] },
  ];
  expect([...grantingGroups(groups, implied).keys()]).toEqual(["a", "b"]);
});
