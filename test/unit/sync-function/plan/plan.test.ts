import { describe, expect, it } from "vitest";
import { AccessError } from "#sync/errors.ts";
import type { Person } from "#sync/people/person.ts";
import { plan } from "#sync/plan/plan.ts";
import { active, person, project, rulesOf, stateOf } from "./world.ts";

const rules = rulesOf({
  rules: [
    { realmRole: "owners", organization: "OWNER" },
    { realmRole: "admins", organization: "ADMIN" },
    { realmRole: "members", organization: "MEMBER" },
  ],
  fallback: "VIEWER",
  protect: ["protected@example.com"],
});
const owner = { protected: ["OWNER"] } as const;

describe("one person", () => {
  it.each([
    ["gains access by a role", "NONE", active("members"), "grant", "MEMBER"],
    ["gains the default role by being known", "NONE", active(), "grant", "VIEWER"],
    ["is promoted", "VIEWER", active("admins", "members"), "promote", "ADMIN"],
    ["is demoted", "ADMIN", active("members"), "demote", "MEMBER"],
    ["falls back to the default role", "ADMIN", active("unmapped"), "demote", "VIEWER"],
    ["loses access when disabled", "MEMBER", { ...active("admins"), enabled: false }, "remove-access", "NONE"],
  ])("%s", (_title, from, somebody, kind, to) => {
    const { changes } = plan(stateOf({ members: { ...owner, somebody: [from, somebody] } }), rules);
    expect(changes).toMatchObject([{ kind, email: "somebody@example.com", from, to }]);
  });

  it.each([
    ["unknown to Keycloak", "ADMIN", [], "unknown"],
    ["one of several with the address", "ADMIN", [active(), active()], "ambiguous"],
    ["switched off by a user storage", "ADMIN", [{ enabled: false, federated: true }], "unavailable"],
    ["of a role of a newer version", "SUPER", [active("members")], "unknown-role"],
  ])("who is %s is left alone and reported", (_title, role, people, kind) => {
    const { changes, untouched } = plan(stateOf({ members: { ...owner, somebody: [role, ...people] } }), rules);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "protected" }, { kind, email: "somebody@example.com", role }]);
  });

  it.each([
    [0, "unavailable"],
    [1, "unavailable"],
    [2, "remove-access"],
  ])("whom a user storage has switched off in %i runs before is %s", (runs, expected) => {
    const state = stateOf({
      members: { ...owner, somebody: ["ADMIN", { ...active("admins"), enabled: false, federated: true }] },
      unavailable: new Map([["id of somebody", runs]]),
    });
    const { changes, untouched } = plan(state, rules);
    const kinds = [...changes, ...untouched]
      .filter(({ email }) => email.startsWith("somebody"))
      .map(({ kind }) => kind);
    expect(kinds).toEqual([expected]);
  });

  it("who shares an address with another member is left alone", () => {
    const state = stateOf({ members: { twin: ["ADMIN", active()] } });
    const members = [...state.members, { userId: "other id", email: "twin@example.com", role: "VIEWER" }];
    const { changes, untouched } = plan({ ...state, members }, rules);
    expect(changes).toEqual([]);
    expect(untouched.map(({ kind }) => kind)).toEqual(["ambiguous", "ambiguous"]);
  });

  it("who matches a pattern is left alone: reported when protected, only counted when ignored", () => {
    const patterns = { ...rules, protect: ["*@example.com"], ignore: ["robot-?@*"] };
    const state = stateOf({ members: { "robot-1": ["ADMIN", active()], boss: ["OWNER", active()] } });
    const { changes, untouched, ignored, inSync } = plan(state, patterns);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "protected", email: "boss@example.com" }]);
    expect([ignored, inSync]).toEqual([1, 0]);
  });
});

describe("an address that is not verified", () => {
  const unverified: Partial<Person> = { ...active("owners"), emailVerified: false };
  it.each([
    ["NONE", "grant"],
    ["VIEWER", "promote"],
  ])("takes somebody from %s to MEMBER at most, and the reason says so", (from, kind) => {
    const { changes } = plan(stateOf({ members: { ...owner, somebody: [from, unverified] } }), rules);
    expect(changes).toMatchObject([{ kind, from, to: "MEMBER", withheld: "OWNER" }]);
    expect(changes[0]?.reason).toBe(
      "they hold owners, but get no more than MEMBER while their address is not verified in Keycloak",
    );
  });
  it("takes nothing from somebody who has a mightier role already, and is reported", () => {
    const { changes, untouched } = plan(stateOf({ members: { ...owner, somebody: ["ADMIN", unverified] } }), rules);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "protected" }, { kind: "unverified", role: "ADMIN", wanted: "OWNER" }]);
  });
  it("does not hinder a demotion", () => {
    const admin = { ...active("admins"), emailVerified: false };
    const { changes } = plan(stateOf({ members: { ...owner, somebody: ["OWNER", admin] } }), rules);
    expect(changes).toMatchObject([{ kind: "demote", to: "ADMIN" }]);
  });
});

describe("the last owner", () => {
  const alone = { ...rules, protect: [] };

  it("is reported instead of demoted", () => {
    const { changes, untouched } = plan(stateOf({ members: { last: ["OWNER", active("members")] } }), alone);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "last-owner", role: "OWNER", wanted: "MEMBER" }]);
    expect(untouched[0]?.reason).toContain("should be MEMBER");
  });

  it("of several that all should go is the one who loses least", () => {
    const members = {
      a: ["OWNER", { enabled: false }],
      b: ["OWNER", active("admins")],
      c: ["OWNER", active("admins")],
    } as const;
    const { changes, untouched } = plan(stateOf({ members }), alone);
    expect(untouched).toMatchObject([{ kind: "last-owner", email: "b@example.com" }]);
    expect(changes.map(({ email }) => email)).toEqual(["c@example.com", "a@example.com"].toSorted());
  });

  it("may go when somebody else becomes owner, who comes first", () => {
    const { changes } = plan(stateOf({ members: { a: ["OWNER", active()], z: ["VIEWER", active("owners")] } }), alone);
    expect(changes.map(({ email, to }) => [email, to])).toEqual([
      ["z@example.com", "OWNER"],
      ["a@example.com", "VIEWER"],
    ]);
  });
});

describe("a member whom Keycloak does not know", () => {
  const since = "2026-01-02T03:04:05.000Z";
  const state = (due: boolean | undefined, role = "MEMBER", wasLinked = true) =>
    stateOf({
      members: { ...owner, gone: [role] },
      absences: new Map(due === undefined ? [] : [["id of gone", { since, due, wasLinked }]]),
      projects: [project("Assistant", { gone: "ADMIN" })],
    });

  it("stays unless the rules want it otherwise", () => {
    expect(plan(state(true), rules).changes).toEqual([]);
  });
  it.each([
    [undefined, "they have no user in Keycloak; they are kept for 7 days from the first apply that sees it"],
    [false, "they have no user in Keycloak; they are kept for 7 days from 2026-01-02"],
  ])("stays until the grace period is over (%s)", (due, reason) => {
    const { changes, untouched } = plan(state(due), { ...rules, unmatched: "remove" });
    expect(changes).toEqual([]);
    expect(untouched[0]).toMatchObject({ kind: "unknown", reason });
  });
  it("is removed after the grace period, and the plan says which project roles go too", () => {
    expect(plan(state(true), { ...rules, unmatched: "remove" }).changes).toMatchObject([
      {
        kind: "remove-member",
        from: "MEMBER",
        to: "NONE",
        reason: "they have had no user in Keycloak since 2026-01-02",
        projectRoles: [{ project: { name: "Assistant" }, role: "ADMIN" }],
      },
    ]);
  });
  it.each(["none", "remove"] as const)(
    "stays with the scope linked if no run has ever found them, by %s",
    (unmatched) => {
      const linked = { ...rules, unmatched, unmatchedScope: "linked" } as const;
      expect(plan(state(true), linked).changes).toHaveLength(1);
      for (const stranger of [state(true, "MEMBER", false), state(undefined)]) {
        const { changes, untouched } = plan(stranger, linked);
        expect(changes).toEqual([]);
        expect(untouched[0]).toMatchObject({ kind: "unknown", reason: expect.stringContaining("no run has seen one") });
      }
    },
  );
  it("loses access after the grace period, and the plan says which project roles stay", () => {
    expect(plan(state(true), { ...rules, unmatched: "none" }).changes).toMatchObject([
      { kind: "remove-access", to: "NONE", projectRoles: [{ project: { name: "Assistant" }, role: "ADMIN" }] },
    ]);
    expect(plan(state(true, "NONE"), { ...rules, unmatched: "none" }).changes).toEqual([]);
  });
});

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

describe("project roles", () => {
  const inProjects = rulesOf({
    rules: [
      { realmRole: "admins", organization: "ADMIN" },
      { group: "/research", projects: { Assistant: "MEMBER" } },
      { realmRole: "members", organization: "VIEWER", projects: { Assistant: "VIEWER", "project Bench": "ADMIN" } },
    ],
    protect: ["protected@example.com"],
  });
  const both: Partial<Person> = { realmRoles: ["members"], groups: ["/research/vision"] };
  const projects = (rows: Record<string, string> = {}) => [
    project("Assistant", rows),
    project("Bench"),
    project("Else", rows),
  ];

  it("follow the first rule that gives one, each project by itself", () => {
    const { changes } = plan(
      stateOf({ members: { ...owner, one: ["VIEWER", both] }, projects: projects() }),
      inProjects,
    );
    expect(changes).toMatchObject([
      {
        kind: "project-grant",
        project: { name: "Assistant" },
        from: "VIEWER",
        to: "MEMBER",
        row: { from: null, to: "MEMBER" },
        rule: 1,
        reason: "they are in group /research",
      },
      { kind: "project-grant", project: { name: "Bench" }, to: "ADMIN", rule: 2 },
    ]);
  });

  it("go where no rule gives one, so that the organization role counts again; other projects are left alone", () => {
    const state = stateOf({
      members: { ...owner, one: ["ADMIN", active("admins")] },
      projects: projects({ one: "VIEWER" }),
    });
    expect(plan(state, inProjects).changes).toMatchObject([
      {
        kind: "project-revoke",
        project: { name: "Assistant" },
        from: "VIEWER",
        to: "ADMIN",
        row: { from: "VIEWER", to: null },
      },
    ]);
  });

  it("go with the access of people who are disabled, and the plan says which ones stay", () => {
    const state = stateOf({
      members: { ...owner, one: ["VIEWER", { ...both, enabled: false }] },
      projects: projects({ one: "MEMBER" }),
    });
    expect(plan(state, inProjects).changes).toMatchObject([
      { kind: "project-revoke", project: { name: "Assistant" }, to: "NONE", reason: "they are disabled in Keycloak" },
      { kind: "remove-access", projectRoles: [{ project: { name: "Else" }, role: "MEMBER" }] },
    ]);
  });

  it("of a newer version are left alone", () => {
    const state = stateOf({ members: { ...owner, one: ["VIEWER", both] }, projects: projects({ one: "SUPER" }) });
    expect(plan(state, inProjects).untouched).toMatchObject([
      { kind: "unknown-role", project: { name: "Assistant" }, role: "SUPER" },
      { kind: "protected" },
    ]);
  });

  it.each([
    [
      "does not exist",
      [project("Asistant"), project("Bench")],
      'has no project "Assistant" (did you mean "Asistant"?)',
    ],
    ["has a name that several have", [...projects(), { ...project("Assistant"), id: "2" }], "several projects"],
  ])("stop the run when a project %s", (_title, existing, message) => {
    const state = stateOf({ members: owner, projects: existing });
    expect(() => plan(state, inProjects)).toThrow(AccessError);
    expect(() => plan(state, inProjects)).toThrow(message);
  });
});

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

describe("the fingerprint", () => {
  const state = stateOf({ members: { a: ["VIEWER", active("members")] } });
  it("changes with the facts and the rules", () => {
    const { fingerprint } = plan(state, rules);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const other = stateOf({ members: { a: ["VIEWER", active("admins")] } });
    expect(plan(other, rules).fingerprint).not.toBe(fingerprint);
    expect(plan({ ...state, projects: [project("p")] }, rules).fingerprint).not.toBe(fingerprint);
    for (const more of [
      { organization: "organization-2" },
      { protect: [] },
      { ignore: ["x@y.z"] },
      { graceDays: 1 },
      { unmatchedScope: "linked" } as const,
    ]) {
      expect(plan(state, { ...rules, ...more }).fingerprint).not.toBe(fingerprint);
    }
  });
  it("changes with how long somebody has been unknown only where that takes something from them", () => {
    const [never, once] = [undefined, { since: "2026-01-02T03:04:05.000Z", due: false, wasLinked: true }].map(
      (absence) =>
        stateOf({
          members: { gone: ["MEMBER"] },
          absences: new Map(absence === undefined ? [] : [["id of gone", absence]]),
        }),
    );
    if (never === undefined || once === undefined) throw new Error("two states are compared");
    const same = (more: Partial<typeof rules>) =>
      plan(never, { ...rules, ...more }).fingerprint === plan(once, { ...rules, ...more }).fingerprint;
    expect([same({ unmatched: "keep" }), same({ unmatched: "remove" })]).toEqual([true, false]);
  });
  it("does not change with what no rule asks about", () => {
    const other = stateOf({ members: { a: ["VIEWER", active("members", "else")] } });
    expect(plan(other, rules).fingerprint).toBe(plan(state, rules).fingerprint);
  });
});
