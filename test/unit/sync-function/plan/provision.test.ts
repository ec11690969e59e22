import { describe, expect, it } from "vitest";
import { plan } from "#sync/plan/plan.ts";
import { active, owner, person, project, rules, rulesOf, stateOf } from "./world.ts";

describe("provisioning", () => {
  const provisioning = { ...rules, provision: true };
  const holders = [
    person("admin", active("admins")),
    person("default"),
    person("off", { ...active("admins"), enabled: false }),
    person("protected", active("admins")),
    person("unverified", { ...active("admins"), emailVerified: false }),
    person("nobody", { ...active("admins"), email: "" }),
  ];

  it("makes members of those to whom a rule applies, and of nobody else", () => {
    const { changes } = plan(stateOf({ members: owner, holders }), provisioning);
    expect(changes.map(({ kind, email, to, userId }) => [kind, email, to, userId])).toEqual([
      ["provision", "admin@example.com", "ADMIN", null],
      ["provision", "unverified@example.com", "MEMBER", null],
    ]);
    expect(plan(stateOf({ members: owner, holders }), rules).changes).toEqual([]);
  });

  it("gives project roles along, even where the organization role is NONE", () => {
    const some = rulesOf({ rules: [{ realmRole: "admins", projects: { Assistant: "VIEWER" } }], provision: true });
    const state = stateOf({ members: owner, holders: holders.slice(0, 1), projects: [project("Assistant")] });
    expect(plan(state, some).changes).toMatchObject([
      { kind: "provision", to: "NONE" },
      { kind: "project-grant", userId: null, to: "VIEWER" },
    ]);
  });

  it("makes nobody a member whose address is somebody else's too, and says so once", () => {
    const twins = [person("twin", active("admins")), person("twin", { ...active("admins"), id: "other" })];
    const state = stateOf({ members: owner, holders: [person("plain"), ...twins] });
    const byEmail = new Map([...state.people.byEmail, ["twin@example.com", twins]]);
    const { changes, untouched } = plan({ ...state, people: { ...state.people, byEmail } }, provisioning);
    expect(changes).toEqual([]);
    expect(untouched.filter(({ email }) => email === "twin@example.com")).toMatchObject([
      { kind: "ambiguous", userId: "", role: "no member" },
    ]);
  });

  it("does not make a second member of somebody who is one under an older address", () => {
    const state = stateOf({
      members: { ...owner, old: ["ADMIN"] },
      holders: holders.slice(0, 1),
      links: { old: person("admin", active("admins")) },
    });
    expect(plan(state, provisioning).changes).toEqual([]);
  });
});
