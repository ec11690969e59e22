import { describe, expect, it } from "vitest";
import { AccessError } from "#sync/errors.ts";
import type { AdminApi } from "#sync/gate/admin-api.ts";
import { readRoles } from "#sync/gate/role-holders.ts";

const everything: Readonly<Record<string, unknown>> = {
  "/roles": [
    { id: "1", name: "access" },
    { id: "2", name: "team-lead", composite: true },
    { id: "3", name: "default-roles-company", composite: true },
  ],
  "/roles-by-id/2/composites": [{ name: "access" }],
  "/roles-by-id/3/composites": [{ name: "offline_access" }],
  "/groups/g1/children": [{ id: "g2" }],
};

/** A realm in which lists that are not named are empty. */
function read(answers: Readonly<Record<string, unknown>>, names = ["access"]) {
  const api: AdminApi = {
    version: async () => undefined,
    send: async ({ path }, schema) => {
      const below = path.slice("/company".length);
      const found = answers[below] ?? everything[below] ?? [];
      if (found === "gone") throw new AccessError("unreachable", "gone", { status: 404 });
      return schema.parse(found);
    },
  };
  return readRoles(api, "company", new Set(names), "default-roles-company");
}
const people = [{ enabled: false }, { enabled: true }];

describe("a role of a gate", () => {
  it.each<[string, Record<string, unknown>, boolean]>([
    ["nobody has", {}, false],
    ["somebody has directly", { "/roles/access/users": people }, true],
    ["somebody has who may not sign in", { "/roles/access/users": [{ enabled: false }] }, false],
    ["a group has", { "/roles/access/groups": [{ id: "g1" }], "/groups/g1/members": people }, true],
    ["a group above has", { "/roles/access/groups": [{ id: "g1" }], "/groups/g2/members": people }, true],
    ["a composite has", { "/roles/team-lead/users": people }, true],
    [
      "a group has that is gone by now",
      { "/roles/access/groups": [{ id: "g1" }], "/groups/g1/members": "gone" },
      false,
    ],
  ])("that %s: %o", async (_title, answers, isHeld) => {
    expect(await read(answers)).toEqual({ access: { isHeld } });
  });

  it("is everybody's when the realm's default role leads to it, also over another role", async () => {
    const answers = { "/roles-by-id/3/composites": [{ name: "team-lead" }] };
    expect(await read(answers)).toEqual({ access: { isHeld: false, isDefault: true } });
  });

  it("that does not exist is not there", async () => {
    expect(await read({}, ["gone"])).toEqual({});
  });
});
