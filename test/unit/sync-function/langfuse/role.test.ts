import { expect, it } from "vitest";
import { compareRoles, isMightier, isRole, ROLES } from "#sync/langfuse/role.ts";

it("roles sort from the mightiest to none", () => {
  expect(ROLES.toReversed().toSorted(compareRoles)).toEqual(["OWNER", "ADMIN", "MEMBER", "VIEWER", "NONE"]);
  expect(isMightier("ADMIN", "MEMBER")).toBe(true);
  expect(isMightier("ADMIN", "ADMIN")).toBe(false);
});

it("other texts are no roles", () => {
  expect(["owner", "SUPER", "", undefined, 1].filter(isRole)).toEqual([]);
});
