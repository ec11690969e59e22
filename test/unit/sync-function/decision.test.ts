import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "#sync/decision.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { isMightier, ROLES } from "#sync/langfuse/role.ts";
import type { Organization, OrganizationReader } from "#sync/organization.ts";
import { NO_MEMORY, type OrganizationMemory } from "#sync/people/memory.ts";
import type { Directory, Interest, Person } from "#sync/people/person.ts";
import { raises } from "#sync/plan/change.ts";
import { ceiledRole, entitlementOf } from "#sync/roles/entitlement.ts";
import { active, directoryAnswer, person, rulesOf } from "./plan/world.ts";

const rules = rulesOf({ rules: [{ realmRole: "admins", organization: "ADMIN" }], fallback: "VIEWER" });
const now = new Date("2026-03-10T00:00:00Z");

function organization(id: string, members: Record<string, string>, more: Partial<typeof rules> = {}) {
  const reads: string[] = [];
  const langfuse: OrganizationReader = {
    countMembers: async () => Object.keys(members).length,
    listMemberships: async () =>
      Object.entries(members).map(([name, role]) => ({ userId: name, role, email: `${name}@Example.com` })),
    listProjects: async () => {
      reads.push("projects");
      return [{ id: "p", name: "Assistant" }];
    },
    listProjectMemberships: async (project) => {
      reads.push(`rows of ${project}`);
      return [{ userId: "a", role: "ADMIN" }];
    },
  };
  const own = { ...rules, organization: id, ...more };
  const one: Organization<OrganizationReader> = { name: id, rules: own, guards: DEFAULT_LIMITS, langfuse };
  return { ...one, reads };
}

/** A realm whose list says one thing and whose people, when asked, may say another. */
function directory(listed: readonly Person[], actual: readonly Person[] = listed) {
  const calls: string[] = [];
  const interests: Interest[] = [];
  const by = (email: string, people: readonly Person[]) => people.filter((one) => one.email === email);
  const client: Directory = {
    read: async (interest, asked) => {
      const { emails, resting } = await asked;
      calls.push(`read ${[...emails].toSorted()}${resting?.size ? ` if holding ${[...resting].toSorted()}` : ""}`);
      interests.push(interest);
      return directoryAnswer(listed, await asked);
    },
    confirm: async (_interest, email) => {
      calls.push(`confirm ${email}`);
      return by(email, actual);
    },
    find: async (_interest, id) => {
      calls.push(`find ${id}`);
      return actual.find((one) => one.id === id);
    },
  };
  return { calls, interests, ...client };
}

const memoryOf = (id: string, memory: Partial<OrganizationMemory>) => new Map([[id, { ...NO_MEMORY, ...memory }]]);

describe("one read of Keycloak", () => {
  it("serves all organizations, asks for what their rules ask, and leaves protected people out", async () => {
    const realm = directory([person("a", active("admins")), person("b")]);
    const other = { rules: rulesOf({ rules: [{ realmRole: "staff", organization: "MEMBER" }] }).rules };
    const decisions = await decide(
      realm,
      [
        organization("1", { a: "ADMIN", boss: "OWNER" }, { protect: ["boss@*"] }),
        organization("2", { b: "NONE" }, { ...other, fallback: "NONE" }),
      ],
      new Map(),
      now,
    );
    expect(realm.calls).toEqual(["read a@example.com,b@example.com"]);
    expect(realm.interests[0]?.realmRoles).toEqual(new Set(["admins", "staff"]));
    expect(decisions.map(({ plan }) => plan.changes)).toEqual([[], []]);
  });

  it("is confirmed person by person for everybody who would change, and the answer wins", async () => {
    const realm = directory(
      [person("a"), person("b", active("admins"))],
      [person("a", active("admins")), person("b", active("admins"))],
    );
    const [decision] = await decide(realm, [organization("1", { a: "ADMIN", b: "NONE" })], new Map(), now);
    expect(realm.calls.slice(1).toSorted()).toEqual(["confirm a@example.com", "confirm b@example.com"]);
    expect(decision?.plan.changes).toMatchObject([{ email: "b@example.com", to: "ADMIN" }]);
  });

  it("finds a namesake that the list did not have", async () => {
    const one = person("a", active("admins"));
    const realm = directory([one], [one, { ...one, id: "namesake" }]);
    const [decision] = await decide(realm, [organization("1", { a: "NONE" })], new Map(), now);
    expect(decision?.plan).toMatchObject({ changes: [], untouched: [{ kind: "ambiguous" }] });
  });
});

describe("projects", () => {
  it("are not read unless the rules look at them", async () => {
    const one = organization("1", { a: "VIEWER" });
    const two = organization("2", { a: "VIEWER" }, { unmatched: "remove" });
    const [first, second] = await decide(directory([person("a")]), [one, two], new Map(), now);
    expect([one.reads, first?.state.projects]).toEqual([[], []]);
    expect(two.reads).toEqual(["projects", "rows of p"]);
    expect(second?.state.projects[0]?.rows).toEqual(new Map([["a", "ADMIN"]]));
  });
});

it("two organizations with one project between them are one, and nothing is decided", async () => {
  const removing = { unmatched: "remove" } as const;
  const both = [organization("1", { a: "VIEWER" }, removing), organization("2", { a: "VIEWER" }, removing)];
  await expect(decide(directory([person("a")]), both, new Map(), now)).rejects.toThrow("both keys open the same one");
});

describe("links", () => {
  const renamed = person("new-name", active("admins"));
  it("are followed only where the address does not lead there", async () => {
    const realm = directory([person("b")], [renamed, person("b")]);
    const links = new Map([
      ["old", renamed.id],
      ["b", "keycloak b"],
    ]);
    const [decision] = await decide(
      realm,
      [organization("1", { old: "ADMIN", b: "VIEWER" })],
      memoryOf("1", { links }),
      now,
    );
    expect(realm.calls).toEqual(["read b@example.com,old@example.com", `find ${renamed.id}`]);
    expect(decision?.plan).toMatchObject({ changes: [], untouched: [], inSync: 2 });
  });
  it("are confirmed too before anybody changes by them", async () => {
    const realm = directory([], [renamed]);
    const links = new Map([["old", renamed.id]]);
    const [decision] = await decide(realm, [organization("1", { old: "NONE" })], memoryOf("1", { links }), now);
    expect(realm.calls.filter((call) => call.startsWith("find"))).toHaveLength(2);
    expect(decision?.plan.changes).toMatchObject([{ email: "old@example.com", to: "ADMIN" }]);
  });
});

it.each(["address", "link"])(
  "who was asked about for a gain is asked again before they lose by it, found by %s",
  async (by) => {
    const full = person(by === "link" ? "new-name" : "a", active("admins"));
    const short = { ...full, realmRoles: [] };
    let asked = 0;
    /** An answer that is cut short unless it is proven, but for the first one. */
    const answer = (losing = false) => (losing || asked++ === 0 ? full : short);
    const realm: Directory = {
      read: async (_interest, asked) => directoryAnswer(by === "link" ? [] : [answer()], await asked),
      confirm: async (_interest, _email, options) => (by === "link" ? [] : [answer(options?.losing)]),
      find: async (_interest, _id, options) => answer(options?.losing),
    };
    const links = new Map([["a", full.id]]);
    const memory = new Map(["1", "2"].map((id) => [id, { ...NO_MEMORY, ...(by === "link" && { links }) }]));
    const organizations = [organization("1", { a: "VIEWER" }), organization("2", { a: "ADMIN" })];
    const decisions = await decide(realm, organizations, memory, now);
    expect(decisions.map(({ plan }) => plan.changes.map(({ to }) => to))).toEqual([["ADMIN"], []]);
  },
);

describe("the grace period", () => {
  it.each([
    ["2026-03-03T00:00:00Z", 1],
    ["2026-03-03T00:00:01Z", 0],
  ])("that began at %s leads to %s removals", async (since, removals) => {
    const absences = new Map([["gone", since]]);
    const one = organization("1", { gone: "VIEWER", a: "OWNER" }, { unmatched: "remove", fallback: "OWNER" });
    const [decision] = await decide(directory([person("a")]), [one], memoryOf("1", { absences }), now);
    expect(decision?.plan.changes).toHaveLength(removals);
  });
});

it("people to be provisioned are confirmed, and named instead when somebody else has their address", async () => {
  const holders = [person("new", active("admins")), person("twin", active("admins"))];
  const realm = directory(holders, [...holders, { ...person("twin"), id: "other" }]);
  const [decision] = await decide(realm, [organization("1", { a: "OWNER" }, { provision: true })], new Map(), now);
  expect(decision?.plan.changes).toMatchObject([{ kind: "provision", email: "new@example.com" }]);
  expect(decision?.plan.untouched).toMatchObject([
    { kind: "unknown" },
    { kind: "ambiguous", email: "twin@example.com" },
  ]);
});

it.each<[string, readonly Person[], readonly string[]]>([
  ["holds less by now", [person("new", active("members"))], ["MEMBER"]],
  ["holds more than the list says", [person("new", active("members", "admins"))], ["ADMIN"]],
  ["has lost the role", [person("new")], []],
  ["was disabled", [person("new", { ...active("admins"), enabled: false })], []],
  ["was deleted", [], []],
  ["gave the address to somebody else", [{ ...person("new", active("admins")), id: "other" }], []],
])("somebody to be provisioned who %s gets what the confirmation says", async (_title, actual, roles) => {
  const provision = {
    ...rulesOf({
      rules: [
        { realmRole: "admins", organization: "ADMIN" },
        { realmRole: "members", organization: "MEMBER" },
      ],
    }),
    provision: true,
  };
  const realm = directory([person("new", active("admins"))], actual);
  const [decision] = await decide(realm, [organization("1", { a: "OWNER" }, provision)], new Map(), now);
  expect(decision?.plan.changes.map(({ to }) => to)).toEqual(roles);
  expect(decision?.plan.untouched.map(({ kind }) => kind)).toEqual(["unknown"]);
});

it("whatever lists and single answers leave out, nobody gains what they do not hold, or loses what they do", async () => {
  const names = ["a", "b", "c", "d"] as const;
  const graded = {
    ...rulesOf({
      rules: [
        { realmRole: "admins", organization: "ADMIN" },
        { realmRole: "members", organization: "MEMBER" },
      ],
      fallback: "VIEWER",
    }),
    provision: true,
  };
  const roles = fc.subarray(["admins", "members"]);
  const one = fc.record({
    exists: fc.boolean(),
    held: roles,
    enabled: fc.boolean(),
    emailVerified: fc.boolean(),
    /** What the lists have: the person, and some of the roles. */
    isListed: fc.boolean(),
    listed: roles,
    wasEnabled: fc.boolean(),
    /** What an answer has that nobody proves. */
    answered: roles,
    /** Role in each of two organizations. */
    members: fc.tuple(fc.option(fc.constantFrom(...ROLES)), fc.option(fc.constantFrom(...ROLES))),
  });
  await fc.assert(
    fc.asyncProperty(fc.tuple(one, one, one, one), async (cases) => {
      const facts = cases.map((each, index) => ({ ...each, name: names[index] ?? "" }));
      const peopleWith = (known: typeof facts, what: (fact: (typeof facts)[number]) => Partial<Person>) =>
        known.map((fact) => person(fact.name, { emailVerified: fact.emailVerified, ...what(fact) }));
      const existing = facts.filter(({ exists }) => exists);
      const actual = peopleWith(existing, ({ held, enabled }) => ({ ...active(...held), enabled }));
      const unproven = peopleWith(existing, ({ held, answered, enabled }) => ({
        ...active(...held.filter((role) => answered.includes(role))),
        enabled,
      }));
      const listed = peopleWith(
        facts.filter(({ isListed }) => isListed),
        ({ listed: some, wasEnabled }) => ({ ...active(...some), enabled: wasEnabled }),
      );
      const organizations = [0, 1].map((index) => {
        const own = facts.flatMap(({ name, members }) => {
          const role = members[index];
          return role == null ? [] : [[name, role] as const];
        });
        return organization(`${index}`, { owner: "OWNER", ...Object.fromEntries(own) }, graded);
      });
      const realm: Directory = {
        ...directory(listed),
        confirm: async (_interest, email, { losing = false } = {}) =>
          (losing ? actual : unproven).filter((each) => each.email === email),
      };
      for (const { plan: decided } of await decide(realm, organizations, new Map(), now)) {
        for (const change of decided.changes) {
          const { email, from, to } = change;
          const truth = actual.find((each) => each.email === email) ?? person("nobody", { enabled: false });
          const due = ceiledRole(entitlementOf(truth, graded).organization.role, from, truth);
          if (raises(change)) expect([email, isMightier(to, due)]).toEqual([email, false]);
          else expect([email, to]).toEqual([email, due]);
        }
      }
    }),
    { numRuns: 300 },
  );
});

it("an organization without a single member stops the run", async () => {
  await expect(decide(directory([]), [organization("1", {})], new Map(), now)).rejects.toThrow("has no members");
});
