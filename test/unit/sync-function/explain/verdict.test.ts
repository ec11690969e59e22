import { describe, expect, it } from "vitest";
import { callOf } from "#sync/explain/call.ts";
import { verdictsOf } from "#sync/explain/verdict.ts";
import type { Person } from "#sync/people/person.ts";
import type { AccessRules, Rule } from "#sync/roles/rule.ts";

const person: Person = {
  id: "keycloak-1",
  email: "dora@example.com",
  emailVerified: true,
  enabled: true,
  federated: false,
  realmRoles: ["admin", "member"],
  clientRoles: [],
  groups: ["/a/b"],
};

const byRole = (name: string, more: Partial<Rule> = {}): Rule => ({
  from: { kind: "realmRole", name },
  projects: new Map(),
  ...more,
});

const rules = (...list: Rule[]): AccessRules => ({
  organization: "organization-1",
  rules: list,
  fallback: "VIEWER",
  protect: [],
  ignore: [],
  unmatched: "keep",
  unmatchedScope: "all",
  graceDays: 7,
  provision: false,
});

const lines = (who: Person, ...list: Rule[]) =>
  verdictsOf(who, rules(...list)).map(
    ({ rule, project, role, wins, why }) => `${wins ? "*" : "-"} ${rule ?? "default"} ${project ?? ""} ${role}: ${why}`,
  );

describe("verdicts", () => {
  it("name the rule that wins and those it overrules, for each target on its own", () => {
    const found = lines(
      person,
      byRole("admin", { organization: "ADMIN" }),
      byRole("member", { organization: "MEMBER", projects: new Map([["prompts", "VIEWER" as const]]) }),
    );
    expect(found).toEqual([
      "* 0  ADMIN: applies, and is the first that does",
      "- 1  MEMBER: applies, but rule 0 comes first",
      "* 1 prompts VIEWER: applies, and is the first that does",
      "- default  VIEWER: is not asked for, because rule 0 applies",
    ]);
  });

  it("say why a rule does not apply", () => {
    const group: Rule = {
      from: { kind: "group", path: "/c", includeSubgroups: true },
      organization: "OWNER",
      projects: new Map(),
    };
    const found = lines(
      { ...person, emailVerified: false },
      group,
      byRole("other", { organization: "OWNER" }),
      byRole("admin", { organization: "OWNER", when: { emailVerified: true } }),
      byRole("admin", { organization: "OWNER", when: { emailDomain: ["elsewhere.org"] } }),
    );
    expect(found).toEqual([
      "- 0  OWNER: does not apply: not in it",
      "- 1  OWNER: does not apply: not held",
      "- 2  OWNER: does not apply: only where the address is verified",
      "- 3  OWNER: does not apply: only for addresses of elsewhere.org",
      "* default  VIEWER: counts, because no rule applies",
    ]);
  });

  it("give nothing to those who are disabled", () => {
    expect(lines({ ...person, enabled: false }, byRole("admin", { organization: "ADMIN" }))).toEqual([
      "- 0  ADMIN: does not count: disabled in Keycloak",
      "* default  NONE: counts for everybody who is disabled in Keycloak",
    ]);
  });
});

const change = { email: "a@b.c", userId: "u", keycloakId: null, from: "NONE", to: "ADMIN", reason: "r" } as const;
const project = { id: "p", name: "prompts" };

it.each([
  [{ ...change, kind: "grant" }, 'PUT /api/public/scim/Users/u {"active":true,"roles":["ADMIN"]}'],
  [{ ...change, kind: "provision", userId: null }, 'POST /api/public/scim/Users {"roles":["ADMIN"]}'],
  [{ ...change, kind: "remove-member" }, "DELETE /api/public/scim/Users/u"],
  [
    { ...change, kind: "project-grant", project, row: { from: null, to: "ADMIN" } },
    'PUT /api/public/projects/p/memberships {"userId":"u","role":"ADMIN"}',
  ],
  [
    { ...change, kind: "project-revoke", project, row: { from: "ADMIN", to: null } },
    'DELETE /api/public/projects/p/memberships {"userId":"u"}',
  ],
] as const)("%j becomes %s", (given, call) => {
  expect(callOf(given)).toBe(call);
});
