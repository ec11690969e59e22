import { expect, it } from "vitest";
import { lint } from "#sync/roles/lint.ts";
import { PRESETS } from "#sync/roles/preset.ts";
import { rulesOf } from "../plan/world.ts";

type Rules = Parameters<typeof rulesOf>[0]["rules"];
const codes = (rules: Rules, more: Omit<Parameters<typeof rulesOf>[0], "rules"> = {}) =>
  lint([rulesOf({ rules, ...more })]).map(({ code, rule }) => [code, rule]);

it.each<[string, Rules, string, number]>([
  [
    "a rule for the same",
    [
      { realmRole: "a", organization: "ADMIN" },
      { realmRole: "a", projects: { p: "VIEWER" } },
    ],
    "duplicate-rule",
    1,
  ],
  [
    "a rule behind one for everybody in a parent group",
    [
      { group: "/a", organization: "ADMIN" },
      { group: "/a/b", organization: "VIEWER" },
    ],
    "unreachable-rule",
    1,
  ],
  [
    "a rule behind the same without its condition",
    [
      { realmRole: "a", organization: "ADMIN" },
      { realmRole: "a", organization: "VIEWER", when: { emailDomain: ["example.com"], emailVerified: true } },
    ],
    "unreachable-rule",
    1,
  ],
  [
    "a project role for people without the organization",
    [
      { realmRole: "a", organization: "ADMIN" },
      { realmRole: "b", projects: { p: "VIEWER" } },
    ],
    "project-without-organization",
    1,
  ],
  [
    "a domain that nobody has proven",
    [{ realmRole: "a", organization: "VIEWER", when: { emailDomain: ["example.com"] } }],
    "unproven-domain",
    0,
  ],
  [
    "names that differ in case",
    [
      { realmRole: "Admin", organization: "ADMIN" },
      { realmRole: "admin", organization: "VIEWER" },
    ],
    "case-difference",
    1,
  ],
])("%s is found", (_title, rules, code, position) => {
  expect(codes(rules)).toEqual([[code, position]]);
});

it.each<[string, Rules]>([
  [
    "another target of the same people",
    [
      { group: "/a", organization: "ADMIN" },
      { group: "/a/b", projects: { p: "VIEWER" } },
    ],
  ],
  [
    "a group behind its child, and behind one that begins alike",
    [
      { group: "/a/b", organization: "ADMIN" },
      { group: "/a/bc", organization: "MEMBER" },
      { group: "/a", organization: "VIEWER" },
    ],
  ],
  [
    "a child of a group that does not include its children",
    [
      { group: "/a", includeSubgroups: false, organization: "ADMIN" },
      { group: "/a/b", organization: "VIEWER" },
    ],
  ],
  [
    "a rule behind the same with another condition",
    [
      { realmRole: "a", organization: "ADMIN", when: { emailVerified: true } },
      { realmRole: "a", organization: "VIEWER", when: { emailVerified: false } },
    ],
  ],
])("%s is in order", (_title, rules) => {
  expect(codes(rules)).toEqual([]);
});

it("the default role makes a project role useful, and is found when it is too mighty", () => {
  const rules: Rules = [{ realmRole: "b", projects: { p: "VIEWER" } }];
  expect(codes(rules, { fallback: "VIEWER" })).toEqual([]);
  expect(codes(rules, { fallback: "ADMIN" })).toEqual([["mighty-default", undefined]]);
  expect(codes([])).toEqual([["no-rules", undefined]]);
});

it("a preset is in order by itself, and in conflict with written rules for its roles", () => {
  const written = rulesOf({ rules: [{ realmRole: "operator", organization: "ADMIN", when: { emailVerified: true } }] });
  const preset = [...PRESETS["existing-roles"]];
  expect(lint([{ ...written, rules: preset }])).toEqual([]);
  expect(lint([{ ...written, rules: [...written.rules, ...preset] }])).toMatchObject([
    { code: "preset-conflict", rule: 0, severity: "warning", organization: "organization-1" },
  ]);
});

it("a project role above the organization role of the same rule is worth a look", () => {
  const found = (organization: "ADMIN" | "MEMBER" | "NONE") =>
    codes([{ realmRole: "a", organization, projects: { p: "VIEWER", q: "ADMIN" } }]).map(([code]) => code);
  expect(found("MEMBER")).toEqual(["project-above-organization"]);
  expect([found("ADMIN"), found("NONE")]).toEqual([[], []]);
});
