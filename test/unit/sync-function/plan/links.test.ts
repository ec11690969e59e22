import { describe, expect, it } from "vitest";
import { plan } from "#sync/plan/plan.ts";
import { active, owner, person, rules, stateOf } from "./world.ts";

describe("a stable link", () => {
  it("finds people whose address has changed in Keycloak", () => {
    const renamed = person("new-name", active("admins"));
    const { changes } = plan(stateOf({ members: { ...owner, old: ["VIEWER"] }, links: { old: renamed } }), rules);
    expect(changes).toMatchObject([{ email: "old@example.com", to: "ADMIN", keycloakId: renamed.id }]);
  });
  it("refuses when the address has come to belong to somebody else", () => {
    const { changes, untouched } = plan(
      stateOf({ members: { ...owner, old: ["VIEWER", active("admins")] }, links: { old: person("new-name") } }),
      rules,
    );
    expect(changes).toEqual([]);
    expect(untouched[0]).toMatchObject({ kind: "ambiguous", reason: expect.stringContaining("somebody else") });
  });
  it("refuses when it leads two members to one person", () => {
    const both = { old: person("now", active("admins")) };
    const state = stateOf({ members: { old: ["VIEWER"], now: ["VIEWER", active("admins")] }, links: both });
    expect(plan(state, rules).untouched.map(({ kind }) => kind)).toEqual(["ambiguous", "ambiguous"]);
  });
});
