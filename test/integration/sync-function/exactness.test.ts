import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import { decide, memoryAfter } from "#sync/decision.ts";
import { sampleFinding } from "#sync/doctor/sample.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { createKeycloakClient, type KeycloakClient } from "#sync/keycloak/client.ts";
import { createDirectory, type DirectoryOptions } from "#sync/keycloak/directory.ts";
import { readExplanation } from "#sync/keycloak/explanation.ts";
import { pathText } from "#sync/keycloak/paths.ts";
import type { Choice } from "#sync/keycloak/strategy.ts";
import type { Role } from "#sync/langfuse/role.ts";
import type { Organization, OrganizationReader } from "#sync/organization.ts";
import type { Memory } from "#sync/people/memory.ts";
import type { DirectoryAnswer } from "#sync/people/person.ts";
import { interestOf } from "#sync/roles/rule.ts";
import { type BorrowedKeycloak, borrowKeycloak } from "#test/keycloak.ts";
import { emailAt, generateRealm, MAPPED_ROLES, READER } from "../../../bench/sync/realm-generator.ts";
import { readTruth, type Truth, wrongRoles } from "../../../bench/sync/truth.ts";
import { rulesOf } from "../../unit/sync-function/plan/world.ts";

const REALM = "Company";
const PEOPLE = 1_000;
const interest = {
  realmRoles: new Set<string>(MAPPED_ROLES),
  clientRoles: new Set<string>(),
  groups: new Set<string>(),
};
const emails = new Set(Array.from({ length: PEOPLE }, (_, index) => emailAt(index)));

let keycloak: BorrowedKeycloak;
let admin: KeycloakAdmin;
let client: KeycloakClient;
let truth: ReadonlyMap<string, Truth>;

beforeAll(async () => {
  keycloak = await borrowKeycloak();
  admin = keycloak.admin;
  await createRealm(admin, generateRealm({ realm: REALM, people: PEOPLE, clientRoleComposites: true }));
  client = createKeycloakClient({
    url: keycloak.url,
    realm: REALM,
    clientId: READER.clientId,
    clientSecret: READER.secret,
  });
  truth = await readTruth(client);
}, 600_000);

afterAll(() => keycloak?.stop(), 60_000);

function read(options: DirectoryOptions, of = interest, asked = emails): Promise<DirectoryAnswer> {
  return createDirectory(client, options).read(of, { emails: asked });
}

function heldIn({ byEmail, holders }: DirectoryAnswer): Map<string, readonly string[]> {
  const people = [...[...byEmail.values()].flat(), ...holders];
  return new Map(people.map(({ id, realmRoles }) => [id, realmRoles]));
}

/** Nobody asks for the roles of people who are disabled, or of whom no address is known. */
function askable(): Map<string, Truth> {
  return new Map([...truth].filter(([, { enabled, email }]) => enabled && email !== ""));
}

const given: Readonly<Record<string, Role>> = {
  "langfuse-admin": "ADMIN",
  "langfuse-member": "MEMBER",
  "langfuse-viewer": "VIEWER",
};
const rules = rulesOf({
  rules: Object.entries(given).map(([realmRole, organization]) => ({ realmRole, organization })),
});
const roleOf = ({ roles }: Truth): Role =>
  given[Object.keys(given).find((name) => roles.includes(name)) ?? ""] ?? "NONE";
/** An organization whose members are everybody who can be asked about, with these roles. */
const organizationOf = (roleNow: (person: Truth) => Role, people = [...askable().values()]) => {
  const members = people.map((one) => ({ userId: one.email, email: one.email, role: roleNow(one) }));
  const langfuse: OrganizationReader = {
    countMembers: async () => members.length,
    listMemberships: async () => members,
    listProjects: async () => [],
    listProjectMemberships: async () => [],
  };
  return { name: "acme", rules, guards: DEFAULT_LIMITS, langfuse } satisfies Organization<OrganizationReader>;
};

describe("a realm of a thousand people with every way to hold a role", () => {
  it("has holders of each kind", () => {
    const roles = [...truth.values()].flatMap((person) => person.roles);
    for (const role of MAPPED_ROLES) expect(roles).toContain(role);
    expect([...truth.values()].filter(({ enabled, roles: held }) => !enabled && held.length > 0)).not.toEqual([]);
  });

  it.each([
    ["the lists of holders with client roles", { strategy: "holders", clientRoles: true }],
    ["the lists and single questions", { strategy: "hybrid", clientRoles: true }],
    ["the lists in pages of forty", { strategy: "holders", clientRoles: true, pageSize: 40 }],
    ["the cheapest strategy", { clientRoles: true }],
  ] satisfies [string, DirectoryOptions][])("is read exactly by %s", async (_title, options) => {
    expect(wrongRoles(truth, heldIn(await read(options)))).toBe(0);
  });

  it.each([
    ["asking about each member", {}],
    ["asking about everybody", { allHolders: true }],
  ] satisfies [string, DirectoryOptions][])("is read exactly by %s", async (_title, options) => {
    const answer = await read({ ...options, strategy: "per-member" });
    expect(wrongRoles(askable(), heldIn(answer))).toBe(0);
  });

  it("lacks without client roles only those who hold by one, and a confirmation finds them", async () => {
    const directory = createDirectory(client, { strategy: "holders" });
    const answer = await directory.read(interest, { emails });
    const differing = [...askable()].filter(
      ([id, { roles }]) => (heldIn(answer).get(id) ?? []).join() !== roles.toSorted().join(),
    );
    expect(differing.length).toBeGreaterThan(0);
    for (const [id, { email, roles }] of differing) {
      const [person] = await directory.confirm(interest, email);
      expect([person?.id, person?.realmRoles]).toEqual([id, roles.toSorted()]);
    }
  });

  it("gives the same groups and client roles by lists and person by person", async () => {
    const more = {
      realmRoles: new Set(["langfuse-member"]),
      clientRoles: new Set(["reporting/author"]),
      groups: new Set(["/data-science", "/leads/europe"]),
    };
    const some = new Set([...emails].slice(0, 300));
    const lists = await read({ strategy: "holders", clientRoles: true }, more, some);
    const persons = await read({ strategy: "per-member", clientRoles: true }, more, some);
    const enabled = (answer: DirectoryAnswer) =>
      [...answer.byEmail].flatMap(([, people]) => people.filter((person) => person.enabled)).toSorted(byId);
    expect(enabled(lists)).toEqual(enabled(persons));
    expect(lists.holders.some(({ clientRoles }) => clientRoles.length > 0)).toBe(true);
    expect(lists.holders.some(({ groups }) => groups.includes("/data-science/ml/vision"))).toBe(true);
  });

  it("never has a service account among the people", async () => {
    const { holders } = await read({ strategy: "holders", clientRoles: true, allHolders: true });
    expect(holders.filter(({ id }) => !truth.has(id))).toEqual([]);
  });

  it("is asked person by person when few are of interest", async () => {
    const choices: Choice[] = [];
    const directory = createDirectory(client, { onChoice: (choice) => choices.push(choice) });
    await directory.read(interest, { emails: new Set([emailAt(0), emailAt(1)]) });
    expect(choices.map(({ strategy }) => strategy)).toEqual(["per-member"]);
  });

  it("looks up nobody by a resting address, unless somebody who has it holds something", async () => {
    const whole = await read({ strategy: "holders", clientRoles: true });
    const holding = new Set(whole.holders.map(({ email }) => email));
    const rest = { emails: new Set([...emails].slice(0, 20)), resting: new Set([...emails].slice(20)) };
    const resting = await createDirectory(client, { strategy: "holders", clientRoles: true }).read(interest, rest);
    expect(resting.unread).toEqual(rest.resting.difference(holding));
    expect(resting.unread.size).toBeGreaterThan(0);
    const looked = [...whole.byEmail].filter(([email]) => !resting.unread.has(email));
    expect(resting.byEmail).toEqual(new Map(looked));
    expect(resting.holders).toEqual(whole.holders);
    for (const [id, { roles }] of truth)
      expect([id, resting.holder(id)?.realmRoles ?? []]).toEqual([id, roles.toSorted()]);
    for (const strategy of ["per-member", "hybrid"] as const) {
      const answer = await createDirectory(client, { strategy, clientRoles: true }).read(interest, rest);
      expect([answer.unread.size, answer.byEmail.size]).toEqual([0, whole.byEmail.size]);
    }
  });

  it("refuses rules for roles and groups that do not exist", async () => {
    const absent = { ...interest, groups: new Set(["/data-sciense"]) };
    await expect(read({ strategy: "holders" }, absent)).rejects.toThrow('has no group "/data-sciense" (did you mean');
    await expect(read({}, { ...interest, clientRoles: new Set(["reporting/author"]) })).rejects.toThrow(
      "KEYCLOAK_CLIENT_ROLES",
    );
  });
});

describe("client roles that are not read", () => {
  const changesOf = async (roleNow: (person: Truth) => Role) => {
    const directory = createDirectory(client, { strategy: "holders" });
    const [decision] = await decide(directory, [organizationOf(roleNow)], new Map(), new Date());
    return decision?.plan.changes ?? [];
  };

  it("take nothing from anybody who has what they should have, and nobody falls below it", async () => {
    expect(await changesOf(roleOf)).toEqual([]);
    const wanted = new Map([...askable().values()].map((one) => [one.email, roleOf(one)]));
    const changes = await changesOf((one) => (roleOf(one) === "VIEWER" ? "ADMIN" : roleOf(one)));
    expect(changes.length).toBeGreaterThan(0);
    for (const { email, to } of changes) expect([email, to]).toEqual([email, wanted.get(email)]);
  });

  it("are warned of by the doctor where they matter, with somebody who holds by one, and where not it says so", async () => {
    const answer = await read({ strategy: "holders" });
    const listed = new Map([...answer.byEmail].map(([email, [one]]) => [email, one?.realmRoles.join()]));
    const isHidden = ({ email, roles }: Truth) => listed.get(email) !== roles.toSorted().join();
    const [hidden, others] = [true, false].map((side) =>
      [...askable().values()].filter((one) => isHidden(one) === side),
    );
    const findingOf = (people: readonly Truth[]) =>
      sampleFinding(client, [organizationOf(roleOf, [...people])], interestOf([rules]), () => new Date());
    const some = others?.slice(0, 100) ?? [];
    const [first] = hidden ?? [];
    expect(await findingOf([...some, ...(first ? [first] : [])])).toMatchObject({
      severity: "warning",
      fact: `not read, but of 101 of 101 members 1 hold roles through them, such as ${first?.email}; they keep what they have, but who has less does not get it`,
    });
    expect(await findingOf(some)).toMatchObject({
      severity: "ok",
      fact: "not read, and not needed: 100 of 100 members hold what the lists say",
    });
  });
});

describe("an explanation", () => {
  it("has a way to every role a person holds, and none to others", async () => {
    const someone = [...truth].filter((_, index) => index % 125 === 0);
    for (const [id, { roles }] of someone) {
      const explained = await readExplanation(client, interest, id, { clientRoles: true });
      expect(explained.map(({ name }) => name).toSorted()).toEqual(roles.toSorted());
    }
  });

  it("names the groups and composites on the way", async () => {
    const { holders } = await read({ strategy: "holders" }, { ...interest, groups: new Set(["/leads/europe"]) });
    const member = holders.find(({ groups }) => groups.length > 0);
    const [explanation] = await readExplanation(client, interest, member?.id ?? "");
    expect(explanation?.paths.map(pathText)).toEqual([
      "group /leads/europe, parent group /leads, role team-lead, role langfuse-member",
    ]);
  });
});

describe("members without access who hold nothing", () => {
  it("are not looked up again, and are found all the same when they are given a role, also under another address", async () => {
    const now = new Date();
    const decideWith = async (memory: Memory) => {
      const directory = createDirectory(client, { clientRoles: true });
      return await decide(directory, [organizationOf(roleOf)], memory, now);
    };
    const first = await decideWith(new Map());
    const memory = memoryAfter(first, new Map(), now);
    const again = await decideWith(memory);
    expect(again.map(({ plan }) => plan)).toEqual(first.map(({ plan }) => plan));
    const without = [...askable()].filter(([, { roles }]) => roles.length === 0);
    expect(again[0]?.state.unread?.size).toBe(without.length);

    const [one, other] = without.map(([id]) => id);
    const changing = without.slice(0, 2).map(([, { email }]) => email);
    await admin.put(`/realms/${REALM}/users/${other}`, { email: "another-address@example.com" });
    const role = await admin.get(`/realms/${REALM}/roles/langfuse-member`);
    for (const id of [one, other]) await admin.post(`/realms/${REALM}/users/${id}/role-mappings/realm`, [role]);
    const [given] = await decideWith(memory);
    const changes = given?.plan.changes.map(({ email, to }) => [email, to]);
    expect(changes).toEqual(changing.toSorted().map((email) => [email, "MEMBER"]));
  });
});

function byId(left: { id: string }, right: { id: string }): number {
  return left.id < right.id ? -1 : 1;
}
