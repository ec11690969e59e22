import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, memoryAfter } from "#sync/decision.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { ROLES } from "#sync/langfuse/role.ts";
import type { Organization, OrganizationReader } from "#sync/organization.ts";
import { type Memory, NO_MEMORY } from "#sync/people/memory.ts";
import type { Directory, Person } from "#sync/people/person.ts";
import { type AccessRules, UNMATCHED_MODES } from "#sync/roles/rule.ts";
import { active, directoryAnswer, person, realmOf, rulesOf } from "./plan/world.ts";

const rules = rulesOf({ rules: [{ realmRole: "admins", organization: "ADMIN" }] });
const now = new Date("2026-03-10T00:00:00Z");

/** Members as `[user id, name before the @, role]`. */
type Row = readonly [userId: string, name: string, role: string];

interface Settings extends Partial<AccessRules> {
  /** Roles in the only project, by user id. */
  readonly rows?: Readonly<Record<string, string>>;
}

function organization(members: readonly Row[], { rows = {}, ...more }: Settings = {}) {
  const own = { ...rules, ...more };
  const id = own.organization;
  const langfuse: OrganizationReader = {
    countMembers: async () => members.length,
    listMemberships: async () =>
      members.map(([userId, name, role]) => ({ userId, role, email: `${name}@Example.com` })),
    listProjects: async () => [{ id: `project of ${id}`, name: "Assistant" }],
    listProjectMemberships: async () => Object.entries(rows).map(([userId, role]) => ({ userId, role })),
  };
  const one: Organization<OrganizationReader> = { name: id, rules: own, guards: DEFAULT_LIMITS, langfuse };
  return one;
}

function directory(people: readonly Person[]) {
  const calls: string[] = [];
  const realm: Directory = {
    read: async (_interest, addresses) => {
      const { emails, resting = new Set() } = await addresses;
      calls.push(...[...emails].map((email) => `read ${email}`), ...[...resting].map((email) => `rest ${email}`));
      return directoryAnswer(people, await addresses);
    },
    confirm: async (_interest, email) => {
      calls.push(`confirm ${email}`);
      return people.filter((one) => one.email === email);
    },
    find: async (_interest, id) => {
      calls.push(`find ${id}`);
      return people.find((one) => one.id === id);
    },
  };
  return { ...realm, calls };
}

/** What an earlier run remembers: whom it linked, and whom it missed. */
function memory(links: Readonly<Record<string, string>>, missed: readonly string[] = []): Memory {
  const absences = new Map(missed.map((userId) => [userId, "2026-01-01T00:00:00.000Z"]));
  const one = { ...NO_MEMORY, links: new Map(Object.entries(links)), absences };
  return new Map(["organization-1", "organization-2"].map((id) => [id, one]));
}

const owner: Row = ["0", "owner", "OWNER"];

describe("a member without access", () => {
  it("is not looked up who was before and holds nothing, and nothing is said of them", async () => {
    const realm = directory([person("known"), person("owner", active("admins"))]);
    const one = organization([owner, ["1", "known", "NONE"], ["2", "gone", "NONE"], ["3", "new", "NONE"]]);
    const before = memory({ "1": "keycloak known" }, ["2"]);
    const [decision] = await decide(realm, [one], before, now);
    expect(realm.calls).toEqual([
      "read owner@example.com",
      "read new@example.com",
      "rest known@example.com",
      "rest gone@example.com",
    ]);
    expect(decision?.plan).toMatchObject({ changes: [], inSync: 3 });
    expect(decision?.plan.untouched.map(({ email }) => email)).toEqual(["owner@example.com"]);
    const after = memoryAfter(decision ? [decision] : [], before, now).get(rules.organization);
    expect(after?.links.get("1")).toBe("keycloak known");
    expect([...(after?.absences ?? [])]).toEqual([
      ["2", "2026-01-01T00:00:00.000Z"],
      ["3", now.toISOString()],
    ]);
  });

  it("is given the role of whoever has their address, or is the user whom they were linked to", async () => {
    const realm = directory([person("a", active("admins")), person("new-name", active("admins"))]);
    const one = organization([owner, ["1", "a", "NONE"], ["2", "b", "NONE"]]);
    const [decision] = await decide(realm, [one], memory({ "1": "keycloak a", "2": "keycloak new-name" }), now);
    expect(decision?.plan.changes.map(({ userId, to }) => [userId, to])).toEqual([
      ["1", "ADMIN"],
      ["2", "ADMIN"],
    ]);
  });

  it.each<[string, Settings]>([
    ["where everybody has a role", { fallback: "VIEWER" }],
    ["where those who are unknown to Keycloak are removed", { unmatched: "remove" }],
    ["where those who are unknown to Keycloak lose their roles in projects", { unmatched: "none" }],
    [
      "who has a role in a project that the rules name",
      { ...rulesOf({ rules: [{ realmRole: "admins", projects: { Assistant: "VIEWER" } }] }), rows: { "1": "VIEWER" } },
    ],
  ])("is looked up %s", async (_, settings) => {
    const realm = directory([person("a")]);
    await decide(realm, [organization([owner, ["1", "a", "NONE"]], settings)], memory({ "1": "keycloak a" }), now);
    expect(realm.calls).toContain("read a@example.com");
  });

  it("is looked up when everybody is wanted, and where they are a member with access of another organization", async () => {
    const realm = directory([person("a")]);
    const one = organization([owner, ["1", "a", "NONE"]]);
    await decide(realm, [one], memory({ "1": "keycloak a" }), now, { everybody: true });
    expect(realm.calls).toContain("read a@example.com");
    const other = directory([person("a")]);
    const two = organization([owner, ["1", "a", "VIEWER"]], { organization: "organization-2" });
    await decide(other, [one, two], memory({ "1": "keycloak a" }), now);
    expect(other.calls).toContain("read a@example.com");
  });

  // The person whom one of the two is linked to has the address of the other now.
  it.each<[string, Row, Row]>([
    ["address", ["1", "old", "MEMBER"], ["2", "new", "NONE"]],
    ["link", ["2", "new", "MEMBER"], ["1", "old", "NONE"]],
  ])("stands in the way of a member who seems to be the same person by the %s", async (_, member, resting) => {
    const links = { "1": "keycloak new" };
    const before = memory(links, [resting[0]]);
    const [decision] = await decide(directory([person("new")]), [organization([owner, member, resting])], before, now);
    expect(decision?.plan.changes).toEqual([]);
    expect(decision?.plan.untouched.map(({ userId, kind }) => [userId, kind])).toContainEqual([member[0], "ambiguous"]);
  });
});

it("what is decided does not depend on who was looked up", async () => {
  const names = ["a", "b", "c", "d"];
  const ids = ["1", "2", "3", "4", "5"];
  const users = ["u1", "u2", "u3", "u4", "u5"];
  const people = realmOf(names, ids);
  const members = fc.uniqueArray(
    fc.tuple(
      fc.constantFrom(...users),
      fc.constantFrom(...names, "x"),
      fc.oneof({ weight: 3, arbitrary: fc.constant("NONE") }, fc.constantFrom(...ROLES)),
    ),
    { selector: ([userId]) => userId },
  );
  const settings = fc.record({
    fallback: fc.oneof({ weight: 4, arbitrary: fc.constant("NONE" as const) }, fc.constantFrom(...ROLES)),
    unmatched: fc.oneof({ weight: 4, arbitrary: fc.constant("keep" as const) }, fc.constantFrom(...UNMATCHED_MODES)),
    provision: fc.boolean(),
    rows: fc.dictionary(fc.constantFrom(...users), fc.constantFrom(...ROLES), { maxKeys: 1 }),
  });
  const links = fc.dictionary(fc.constantFrom(...users), fc.constantFrom(...ids));
  const world = fc.record({ people, links, missed: fc.subarray(users), first: members, second: members, settings });
  let [resting, changing] = [0, 0];
  await fc.assert(
    fc.asyncProperty(world, async ({ people: everybody, links: known, missed, first, second, settings: own }) => {
      const rule = rulesOf({
        rules: [
          { realmRole: "admins", organization: "ADMIN" },
          { realmRole: "members", organization: "MEMBER", projects: { Assistant: "VIEWER" } },
        ],
      });
      const organizations = [first, second].map((rows, index) =>
        organization([owner, ...rows], { ...rule, ...own, organization: `organization-${index + 1}` }),
      );
      const realm = directory(everybody);
      const memories = memory(known, missed);
      const whole = await decide(directory(everybody), organizations, memories, now, { everybody: true });
      const decided = await decide(realm, organizations, memories, now);
      expect(decided.map(({ plan }) => plan)).toEqual(whole.map(({ plan }) => plan));
      if (decided.some(({ state }) => state.unread?.size)) resting += 1;
      if (whole.some(({ plan }) => plan.changes.length > 0)) changing += 1;
    }),
    { numRuns: 1_000 },
  );
  // Else it would have compared nothing.
  expect(Math.min(resting, changing)).toBeGreaterThan(100);
});
