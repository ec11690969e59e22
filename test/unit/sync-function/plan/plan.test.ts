import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROLES } from "#sync/langfuse/role.ts";
import { raises } from "#sync/plan/change.ts";
import { type Plan, type PlanRules, plan } from "#sync/plan/plan.ts";
import type { AccessState, Standing } from "#sync/plan/state.ts";

const rules: PlanRules = {
  organization: "organization-1",
  mapping: {
    rules: [
      { realmRole: "owners", grants: "OWNER" },
      { realmRole: "admins", grants: "ADMIN" },
      { realmRole: "members", grants: "MEMBER" },
    ],
    fallback: "VIEWER",
  },
  protectedMembers: new Set(["protected@example.com"]),
};

const active = (...roles: string[]): Standing => ({ kind: "active", roles });

/** Members by name with their role and what Keycloak says; a break-glass owner is added. */
function stateOf(people: Readonly<Record<string, readonly [role: string, standing?: Standing]>>): AccessState {
  const all: typeof people = { ...people, protected: ["OWNER"] };
  const entries = Object.entries(all).map(([name, [role, standing]]) => ({
    email: `${name}@example.com`,
    role,
    standing,
  }));
  return {
    members: entries.map(({ email, role }) => ({ email, role, userId: `id of ${email}` })),
    standings: new Map(
      entries.flatMap(({ email, standing }) => (standing === undefined ? [] : [[email, standing] as const])),
    ),
  };
}

describe("one person", () => {
  it.each([
    ["gains access by a role", "NONE", active("members"), "grant", "MEMBER"],
    ["gains the default role by being known", "NONE", active(), "grant", "VIEWER"],
    ["is promoted", "VIEWER", active("admins", "members"), "promote", "ADMIN"],
    ["is demoted", "ADMIN", active("members"), "demote", "MEMBER"],
    ["falls back to the default role", "ADMIN", active("unmapped"), "demote", "VIEWER"],
    ["loses access when disabled", "MEMBER", { kind: "disabled" } as const, "remove-access", "NONE"],
  ])("%s", (_title, from, standing, kind, to) => {
    const { changes } = plan(stateOf({ somebody: [from, standing] }), rules);
    expect(changes).toMatchObject([{ kind, email: "somebody@example.com", from, to }]);
  });

  it.each([
    ["unknown to Keycloak", "ADMIN", undefined, "unknown"],
    ["one of several with the address", "ADMIN", { kind: "ambiguous" } as const, "ambiguous"],
    ["switched off by a user storage", "ADMIN", { kind: "unavailable" } as const, "unavailable"],
    ["of a role of a newer version", "SUPER", active("members"), "unknown-role"],
  ])("who is %s is left alone and reported", (_title, role, standing, kind) => {
    const { changes, untouched } = plan(stateOf({ somebody: [role, standing] }), rules);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "protected" }, { kind, email: "somebody@example.com", role }]);
  });

  it("who shares an address with another member is left alone", () => {
    const state = stateOf({ twin: ["ADMIN", active()] });
    const members = [...state.members, { userId: "other id", email: "twin@example.com", role: "VIEWER" }];
    const { changes, untouched } = plan({ ...state, members }, rules);
    expect(changes).toEqual([]);
    expect(untouched.filter(({ kind }) => kind === "ambiguous")).toHaveLength(2);
  });
});

describe("the last owner", () => {
  const alone = { ...rules, protectedMembers: new Set<string>() };
  const withoutProtected = (state: AccessState) => ({
    ...state,
    members: state.members.filter(({ email }) => email !== "protected@example.com"),
  });

  it("is reported instead of demoted", () => {
    const { changes, untouched } = plan(withoutProtected(stateOf({ last: ["OWNER", active("members")] })), alone);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "last-owner", role: "OWNER" }]);
    expect(untouched[0]?.reason).toContain("should be MEMBER");
  });

  it("of several that all should go is the one who loses least", () => {
    const state = stateOf({
      a: ["OWNER", { kind: "disabled" }],
      b: ["OWNER", active("admins")],
      c: ["OWNER", active("admins")],
    });
    const { changes, untouched } = plan(withoutProtected(state), alone);
    expect(untouched).toMatchObject([{ kind: "last-owner", email: "b@example.com" }]);
    expect(changes.map(({ email }) => email)).toEqual(["a@example.com", "c@example.com"]);
  });

  it("may go when somebody else becomes owner, who comes first", () => {
    const state = stateOf({ a: ["OWNER", active()], z: ["VIEWER", active("owners")] });
    const { changes } = plan(withoutProtected(state), alone);
    expect(changes.map(({ email, to }) => [email, to])).toEqual([
      ["z@example.com", "OWNER"],
      ["a@example.com", "VIEWER"],
    ]);
  });
});

const standings = fc.oneof(
  fc.record({ kind: fc.constant("active" as const), roles: fc.subarray(["owners", "admins", "members", "other"]) }),
  fc.record({
    kind: fc.constantFrom("disabled" as const, "unavailable" as const, "unknown" as const, "ambiguous" as const),
  }),
);
const names = ["a", "b", "c", "d", "e", "f", "protected"].map((name) => `${name}@example.com`);
const states = fc
  .uniqueArray(
    fc.record({ email: fc.constantFrom(...names), role: fc.constantFrom(...ROLES, "SUPER"), standing: standings }),
    {
      selector: ({ email }) => email,
    },
  )
  .map(
    (people): AccessState => ({
      members: people.map(({ email, role }) => ({ email, role, userId: email })),
      standings: new Map(people.map(({ email, standing }) => [email, standing])),
    }),
  );

const applied = (state: AccessState, { changes }: Plan): AccessState => {
  const roles = new Map(changes.map(({ userId, to }) => [userId, to]));
  return {
    ...state,
    members: state.members.map((member) => ({ ...member, role: roles.get(member.userId) ?? member.role })),
  };
};

describe("every plan", () => {
  it("leaves nothing to do once it is applied", () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(plan(applied(state, plan(state, rules)), rules).changes).toEqual([]);
      }),
    );
  });

  it("is the same bytes whatever the order of what was read", () => {
    fc.assert(
      fc.property(states, (state) => {
        const reversed = { members: state.members.toReversed(), standings: new Map([...state.standings].toReversed()) };
        expect(JSON.stringify(plan(reversed, rules))).toBe(JSON.stringify(plan(state, rules)));
      }),
    );
  });

  it("never changes protected or unknown people, and never takes the last owner", () => {
    fc.assert(
      fc.property(states, (state) => {
        const decided = plan(state, rules);
        const changed = new Set(decided.changes.map(({ email }) => email));
        expect(changed).not.toContain("protected@example.com");
        for (const [email, { kind }] of state.standings)
          if (kind !== "active" && kind !== "disabled") expect(changed).not.toContain(email);
        const owns = ({ role }: { role: string }) => role === "OWNER";
        if (state.members.some(owns)) expect(applied(state, decided).members.some(owns)).toBe(true);
      }),
    );
  });

  it("gives before it takes and counts everybody once", () => {
    fc.assert(
      fc.property(states, (state) => {
        const { changes, untouched, inSync } = plan(state, rules);
        const order = changes.map(raises);
        expect(order).toEqual(order.toSorted((left, right) => Number(right) - Number(left)));
        expect(changes.length + untouched.length + inSync).toBe(state.members.length);
      }),
    );
  });
});

describe("the fingerprint", () => {
  const state = stateOf({ a: ["VIEWER", active("members")] });
  it("changes with the facts and the rules", () => {
    const { fingerprint } = plan(state, rules);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(plan(stateOf({ a: ["VIEWER", active("admins")] }), rules).fingerprint).not.toBe(fingerprint);
    expect(plan(state, { ...rules, organization: "organization-2" }).fingerprint).not.toBe(fingerprint);
    expect(plan(state, { ...rules, protectedMembers: new Set() }).fingerprint).not.toBe(fingerprint);
  });
});
