import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "#sync/decision.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { ROLES } from "#sync/langfuse/role.ts";
import type { Organization, OrganizationReader } from "#sync/organization.ts";
import { NO_MEMORY } from "#sync/people/memory.ts";
import type { Directory, Person } from "#sync/people/person.ts";
import type { AccessRules } from "#sync/roles/rule.ts";
import { decideAbout, type NamedPeople } from "#sync/scoped/decision.ts";
import { active, directoryAnswer, person, realmOf, rulesOf } from "../plan/world.ts";

const rules = rulesOf({
  rules: [
    { realmRole: "admins", organization: "ADMIN" },
    { realmRole: "members", organization: "MEMBER" },
  ],
  fallback: "VIEWER",
});
const now = new Date("2026-03-10T00:00:00Z");

/** Members as `[user id, name before the @, role]`. */
type Row = readonly [userId: string, name: string, role: string];

function organization(rows: readonly Row[], more: Partial<AccessRules> = {}): Organization<OrganizationReader> {
  const langfuse: OrganizationReader = {
    countMembers: async () => rows.length,
    listMemberships: async () => rows.map(([userId, name, role]) => ({ userId, role, email: `${name}@Example.com` })),
    listProjects: async () => [],
    listProjectMemberships: async () => [],
  };
  return { name: "o", rules: { ...rules, ...more }, guards: DEFAULT_LIMITS, langfuse };
}

function directory(people: readonly Person[]) {
  const calls: string[] = [];
  const named = (email: string) => people.filter((one) => one.email === email);
  const realm: Directory = {
    read: async (_interest, asked) => directoryAnswer(people, await asked),
    confirm: async (_interest, email) => {
      calls.push(email);
      return named(email);
    },
    find: async (_interest, id) => {
      calls.push(id);
      return people.find((one) => one.id === id);
    },
  };
  return { ...realm, calls };
}

const about = (...names: string[]): NamedPeople => ({
  ids: new Set(names.filter((name) => !name.includes("@"))),
  emails: new Set(names.filter((name) => name.includes("@"))),
});
const memory = (links: Record<string, string> = {}, absences: Record<string, string> = {}) =>
  new Map([
    [
      rules.organization,
      { ...NO_MEMORY, links: new Map(Object.entries(links)), absences: new Map(Object.entries(absences)) },
    ],
  ]);
const decideOne = async (
  named: NamedPeople,
  people: readonly Person[],
  rows: readonly Row[],
  links = {},
  more: Partial<AccessRules> = {},
  absences = {},
) => (await decideAbout(named, directory(people), [organization(rows, more)], memory(links, absences)))[0]?.plan;

describe("a run about single people", () => {
  it("changes those who were named, by id or by address, and nobody else", async () => {
    const people = ["a", "b", "c"].map((name) => person(name, active("admins")));
    const rows = ["a", "b", "c"].map((name): Row => [name, name, "VIEWER"]);
    const decided = await decideOne(about("keycloak a", "c@example.com"), people, rows);
    expect(decided?.changes.map(({ email }) => email)).toEqual(["a@example.com", "c@example.com"]);
    expect(decided).toMatchObject({ untouched: [], inSync: 0, ignored: 0 });
  });

  it("finds a member whose address changed by the link that an earlier run kept", async () => {
    const renamed = person("new-name", active("admins"));
    const decided = await decideOne(about(renamed.id), [renamed], [["1", "old-name", "VIEWER"]], { "1": renamed.id });
    expect(decided?.changes).toMatchObject([{ email: "old-name@example.com", to: "ADMIN" }]);
  });

  it("sees that somebody else has the address or the membership too, and leaves all of them alone", async () => {
    const [one, other] = [person("a", active("admins")), { ...person("a"), id: "other" }];
    const shared = await decideOne(about(one.id), [one, other], [["1", "a", "VIEWER"]]);
    expect(shared).toMatchObject({ changes: [], untouched: [{ kind: "ambiguous" }] });
    // Nobody named the member who has the address of the user that this one is linked to.
    const rows: readonly Row[] = [
      ["1", "a", "VIEWER"],
      ["2", "old", "VIEWER"],
    ];
    const twice = await decideOne(about("old@example.com"), [one], rows, { "2": one.id });
    expect(twice?.changes).toEqual([]);
    expect(twice?.untouched.map(({ kind, userId }) => [kind, userId])).toEqual([
      ["ambiguous", "1"],
      ["ambiguous", "2"],
    ]);
  });

  it("never removes whom Keycloak does not know, however long that has been so", async () => {
    const rows: readonly Row[] = [["1", "gone", "ADMIN"]];
    const removing = { unmatched: "remove" as const };
    const since = { "1": "2020-01-01T00:00:00Z" };
    const decided = await decideOne(about("keycloak gone"), [], rows, { "1": "keycloak gone" }, removing, since);
    expect(decided).toMatchObject({ changes: [], untouched: [{ kind: "unknown" }] });
  });

  it("takes nothing from whom a user storage has switched off", async () => {
    const off = person("a", { enabled: false, federated: true });
    const decided = await decideOne(about(off.id), [off], [["1", "a", "ADMIN"]]);
    expect(decided).toMatchObject({ changes: [], untouched: [{ kind: "unavailable" }] });
  });

  it("does nothing about protected and ignored people, and asks nobody about them", async () => {
    const people = [person("boss"), person("guest")];
    const rows: readonly Row[] = [
      ["1", "boss", "OWNER"],
      ["2", "guest", "ADMIN"],
    ];
    const decided = await decideOne(
      about("boss@example.com", "guest@example.com"),
      people,
      rows,
      {},
      { protect: ["boss@*"], ignore: ["guest@*"] },
    );
    expect(decided).toMatchObject({ changes: [], untouched: [] });
  });

  it("makes a member of a holder who was named, where the rules want that", async () => {
    const people = [person("new", active("members")), person("other", active("members"))];
    const decided = await decideOne(about("keycloak new"), people, [["1", "x", "OWNER"]], {}, { provision: true });
    expect(decided?.changes).toMatchObject([{ kind: "provision", email: "new@example.com", to: "MEMBER" }]);
  });

  it("reads nothing of anybody else", async () => {
    const realm = directory([person("a"), person("b")]);
    await decideAbout(
      about("keycloak a"),
      realm,
      [
        organization([
          ["1", "a", "VIEWER"],
          ["2", "b", "VIEWER"],
        ]),
      ],
      memory(),
    );
    expect(realm.calls).toEqual(["keycloak a", "a@example.com"]);
  });
});

it("decides about whoever is named what a run about everybody decides", async () => {
  const names = ["a", "b", "c", "d"];
  const ids = ["1", "2", "3", "4", "5"];
  const people = realmOf(names, ids);
  const rows = fc.uniqueArray(
    fc.tuple(fc.constantFrom("u1", "u2", "u3", "u4"), fc.constantFrom(...names, "x"), fc.constantFrom(...ROLES)),
    { selector: ([userId]) => userId },
  );
  const links = fc.dictionary(fc.constantFrom("u1", "u2", "u3", "u4"), fc.constantFrom(...ids));
  const named = fc.record({ ids: fc.subarray(ids), emails: fc.subarray(names.map((name) => `${name}@example.com`)) });
  await fc.assert(
    fc.asyncProperty(people, rows, links, named, fc.boolean(), async (everybody, members, known, who, provision) => {
      // An owner whom the realm does not know, so that no run keeps somebody else in that place.
      const one = organization([...members, ["owner", "owner", "OWNER"]], { provision });
      const some: NamedPeople = { ids: new Set(who.ids), emails: new Set(who.emails) };
      const [whole] = await decide(directory(everybody), [one], memory(known), now);
      const [scoped] = await decideAbout(some, directory(everybody), [one], memory(known));
      const isNamed = ({ email, keycloakId }: { email: string; keycloakId: string | null }) =>
        some.emails.has(email) || some.ids.has(keycloakId ?? "");
      const changes = whole?.plan.changes ?? [];
      expect(scoped?.plan.changes.filter(isNamed)).toEqual(changes.filter(isNamed));
      for (const change of scoped?.plan.changes ?? []) expect(changes).toContainEqual(change);
    }),
    { numRuns: 200 },
  );
});
