import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "#sync/decision.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { ROLES } from "#sync/langfuse/role.ts";
import type { Organization } from "#sync/organization.ts";
import type { Directory, Person } from "#sync/people/person.ts";
import type { AccessRules, Rule } from "#sync/roles/rule.ts";
import { isSettled } from "#sync/scoped/decision.ts";
import { asSighted } from "#sync/scoped/sighting.ts";
import { directoryAnswer, person, rulesOf } from "../plan/world.ts";

const rules = rulesOf({
  rules: [
    { realmRole: "admins", organization: "ADMIN" },
    { realmRole: "members", organization: "MEMBER" },
  ],
  fallback: "VIEWER",
});

const projectRule: Rule = {
  from: { kind: "realmRole", name: "admins" },
  projects: new Map([["Assistant", "ADMIN"]]),
};

/** One person's role beside an owner; `lists` counts how often somebody asks for everybody. */
function world(role: string | undefined, more: Partial<AccessRules> = {}) {
  let lists = 0;
  const rows = [{ userId: "u0", email: "owner@example.com", role: "OWNER", name: null }];
  if (role !== undefined) rows.push({ userId: "u1", email: "a@example.com", role, name: null });
  const langfuse = {
    listMemberships: async () => {
      lists += 1;
      return rows;
    },
    countMembers: async () => rows.length,
    listProjects: async () => [],
    listProjectMemberships: async () => [],
  } as unknown as LangfuseClient;
  const organization: Organization = { name: "o", rules: { ...rules, ...more }, guards: DEFAULT_LIMITS, langfuse };
  const roles = new Map(role === undefined ? [] : [[rules.organization, role]]);
  const sighting = { userId: "u1", email: "a@example.com", roles };
  return { organization, sighted: asSighted([organization], sighting), lists: () => lists };
}

function directory(people: readonly Person[]): Directory {
  const named = (email: string) => people.filter((one) => one.email === email);
  return {
    read: async (_, asked) => directoryAnswer(people, await asked),
    confirm: async (_, email) => named(email),
    find: async (_, id) => people.find((one) => one.id === id),
  };
}

const named = { ids: new Set<string>(), emails: new Set(["a@example.com"]) };

describe("a session", () => {
  it("shows as much as the list of everybody, which nobody then asks for", async () => {
    const people = fc.array(
      fc.record({
        id: fc.constantFrom("1", "2"),
        enabled: fc.boolean(),
        emailVerified: fc.boolean(),
        realmRoles: fc.subarray(["admins", "members"]),
      }),
      { maxLength: 2 },
    );
    await fc.assert(
      fc.asyncProperty(people, fc.constantFrom(...ROLES, undefined), fc.boolean(), async (found, role, provision) => {
        const realm = directory(found.map((more) => person("a", more)));
        const { organization, sighted, lists } = world(role, { provision });
        const settled = await isSettled(named, realm, sighted, new Map());
        expect(lists()).toBe(role === "OWNER" ? 1 : 0);
        const [whole] = await decide(realm, [organization], new Map(), new Date(0));
        expect(settled).toBe(whole?.plan.changes.every(({ email }) => email !== "a@example.com"));
      }),
    );
  });

  it.each<readonly [string, Partial<AccessRules>, string | undefined, "sighted" | "whole" | "left out"]>([
    ["of a member", {}, "MEMBER", "sighted"],
    ["of a member with a role that nobody knows", {}, "AUDITOR", "sighted"],
    ["of an owner, who may be the last", {}, "OWNER", "whole"],
    ["of a member, where rules look at projects", { rules: [projectRule] }, "MEMBER", "whole"],
    ["of nobody who is a member, where holders become members", { provision: true }, undefined, "sighted"],
    ["of nobody who is a member, where they do not", { provision: false }, undefined, "left out"],
  ])("%s: the organization is %s", (_title, more, role, expected) => {
    const { organization, sighted } = world(role, more);
    const is = sighted.length === 0 ? "left out" : sighted[0] === organization ? "whole" : "sighted";
    expect(is).toBe(expected);
  });
});
