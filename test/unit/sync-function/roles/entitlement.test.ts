import { describe, expect, it } from "vitest";
import { ceiledRole, entitlementOf } from "#sync/roles/entitlement.ts";
import { addressMatcher } from "#sync/roles/pattern.ts";
import { appliesTo, interestOf } from "#sync/roles/rule.ts";
import { active, person, rule, rulesOf } from "../plan/world.ts";

describe("a rule applies", () => {
  it.each([
    [{ realmRole: "a" }, active("a"), true],
    [{ realmRole: "a" }, active("A"), false],
    [{ clientRole: "app/user" }, { clientRoles: ["app/user"] }, true],
    [{ clientRole: "app/user" }, active("app/user"), false],
    [{ group: "/a" }, { groups: ["/a/b/c"] }, true],
    [{ group: "/a" }, { groups: ["/ab"] }, false],
    [{ group: "/a" }, { groups: ["/a~/b"] }, false],
    [{ group: "/a", includeSubgroups: false }, { groups: ["/a/b"] }, false],
    [{ group: "/a", includeSubgroups: false }, { groups: ["/a"] }, true],
    [{ realmRole: "a", when: { emailVerified: true } }, { ...active("a"), emailVerified: false }, false],
    [{ realmRole: "a", when: { emailVerified: false } }, { ...active("a"), emailVerified: false }, true],
    [{ realmRole: "a", when: { emailDomain: ["x.org", "example.com"] } }, active("a"), true],
    [{ realmRole: "a", when: { emailDomain: ["example.com"] } }, { ...active("a"), email: "a@sub.example.com" }, false],
    [{ realmRole: "a", when: { emailDomain: ["example.com"] } }, { ...active("a"), email: "" }, false],
  ])("%j to %j: %s", (short, somebody, expected) => {
    expect(appliesTo(rule(short), person("somebody", somebody))).toBe(expected);
  });
});

describe("an entitlement", () => {
  const rules = rulesOf({
    rules: [
      { realmRole: "viewers", organization: "VIEWER" },
      { group: "/research", projects: { p: "ADMIN" } },
      { realmRole: "admins", organization: "ADMIN", projects: { p: "VIEWER", q: "MEMBER" } },
    ],
  });
  it("is that of the first rule for each target, even if a later one is mightier, and says which ones lost", () => {
    const { organization, projects } = entitlementOf(
      person("somebody", { realmRoles: ["admins", "viewers"], groups: ["/research"] }),
      rules,
    );
    expect(organization).toEqual({ role: "VIEWER", rule: 0, overruled: [2], reason: "they hold viewers" });
    expect(projects.get("p")).toEqual({
      role: "ADMIN",
      rule: 1,
      overruled: [2],
      reason: "they are in group /research",
    });
    expect(projects.get("q")).toMatchObject({ role: "MEMBER", rule: 2, overruled: [] });
  });
  it("is the default for people to whom no rule applies, and nothing for those who are disabled", () => {
    expect(entitlementOf(person("other"), rules)).toMatchObject({ organization: { role: "NONE", rule: undefined } });
    const disabled = entitlementOf(person("off", { ...active("admins"), enabled: false }), rules);
    expect([disabled.organization.role, disabled.projects.size]).toEqual(["NONE", 0]);
  });
});

it.each([
  ["OWNER", "NONE", "MEMBER"],
  ["ADMIN", "VIEWER", "MEMBER"],
  ["OWNER", "ADMIN", "ADMIN"],
  ["ADMIN", "ADMIN", "ADMIN"],
  ["ADMIN", "OWNER", "ADMIN"],
  ["MEMBER", "NONE", "MEMBER"],
] as const)("an unverified address that should be %s and is %s gets %s", (wanted, current, expected) => {
  expect(ceiledRole(wanted, current, { emailVerified: false })).toBe(expected);
  expect(ceiledRole(wanted, current, { emailVerified: true })).toBe(wanted);
});

it.each([
  ["*@example.com", "Ann@Example.com", true],
  ["*@example.com", "ann@example.com.evil.org", false],
  ["a?n@example.com", "ann@example.com", true],
  ["ann@example.com", "ANN@example.com", true],
  ["a.n@example.com", "ann@example.com", false],
  ["a.*@example.com", "ann@example.com", false],
  ["***************************x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false],
])("the pattern %s and the address %s: %s", (pattern, email, expected) => {
  expect(addressMatcher([pattern])(email)).toBe(expected);
});

it("the interest of several organizations is all that their rules ask about", () => {
  const one = rulesOf({ rules: [{ realmRole: "a" }, { group: "/g" }] });
  const other = rulesOf({ rules: [{ realmRole: "b" }, { clientRole: "app/user" }] });
  expect(interestOf([one, other])).toEqual({
    realmRoles: new Set(["a", "b"]),
    clientRoles: new Set(["app/user"]),
    groups: new Set(["/g"]),
  });
});
