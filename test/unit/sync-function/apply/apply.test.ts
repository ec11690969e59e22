import { describe, expect, it } from "vitest";
import { applyChanges, type OrganizationWriter } from "#sync/apply/apply.ts";
import { AccessError } from "#sync/errors.ts";
import type { Role } from "#sync/langfuse/role.ts";
import type { Change } from "#sync/plan/change.ts";

const change = (userId: string, from: Role, to: Role): Change => ({
  kind: "promote",
  email: `${userId}@example.com`,
  userId,
  keycloakId: null,
  from,
  to,
  reason: "they hold a role",
});
const never = new AbortController().signal;

/** Calls that a test does not expect. */
const others: Omit<OrganizationWriter, "listMemberships" | "updateScimUser"> = {
  createScimUser: () => Promise.reject(new Error("not to be called")),
  deleteScimUser: () => Promise.reject(new Error("not to be called")),
  listProjectMemberships: () => Promise.reject(new Error("not to be called")),
  putProjectMembership: () => Promise.reject(new Error("not to be called")),
  deleteProjectMembership: () => Promise.reject(new Error("not to be called")),
};

function organization(members: Record<string, string>, refuse: (id: string) => boolean = () => false) {
  const order: string[] = [];
  let inFlight = 0;
  return {
    ...others,
    order,
    most: 0,
    listMemberships: async () => Object.entries(members).map(([userId, role]) => ({ userId, role })),
    async updateScimUser(id: string, role: Role) {
      inFlight += 1;
      this.most = Math.max(this.most, inFlight);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inFlight -= 1;
      order.push(id);
      if (refuse(id)) throw new AccessError("unreachable", "refused");
      members[id] = role;
    },
  };
}

it("gives before it takes, a few people at a time", async () => {
  const client = organization({ a: "ADMIN", b: "NONE", c: "VIEWER", d: "OWNER", e: "NONE" });
  const changes = [
    change("a", "ADMIN", "NONE"),
    change("b", "NONE", "VIEWER"),
    change("c", "VIEWER", "ADMIN"),
    change("d", "OWNER", "ADMIN"),
    change("e", "NONE", "VIEWER"),
  ];
  const outcome = await applyChanges(changes, client, { stop: never });
  expect(outcome).toEqual({ applied: changes, failed: [], notAttempted: [] });
  expect(new Set(client.order.slice(0, 3))).toEqual(new Set(["b", "c", "e"]));
  expect(client.most).toBe(3);
});

it("goes on after a failure and says which one it was", async () => {
  const client = organization({ a: "NONE", b: "NONE" }, (id) => id === "a");
  const changes = [change("a", "NONE", "VIEWER"), change("b", "NONE", "VIEWER")];
  const outcome = await applyChanges(changes, client, { stop: never });
  expect(outcome.applied).toEqual([changes[1]]);
  expect(outcome.failed).toEqual([{ change: changes[0], message: "refused" }]);
});

it("believes what is there afterwards, not what was answered", async () => {
  const changes = [
    change("ignored", "NONE", "VIEWER"),
    change("made", "NONE", "VIEWER"),
    change("gone", "NONE", "VIEWER"),
  ];
  const outcome = await applyChanges(
    changes,
    {
      ...others,
      listMemberships: async () => [
        { userId: "ignored", role: "NONE" },
        { userId: "made", role: "VIEWER" },
      ],
      updateScimUser: async (id) => {
        if (id === "made") throw new AccessError("unreachable", "the answer was lost");
      },
    },
    { stop: never },
  );
  expect(outcome.applied).toEqual([changes[1]]);
  expect(outcome.failed.map(({ message }) => message)).toEqual([
    expect.stringContaining("but the role is NONE"),
    expect.stringContaining("is no member any more"),
  ]);
});

it("says so when the result cannot be read again", async () => {
  const client = organization({ a: "NONE" });
  client.listMemberships = () => Promise.reject(new AccessError("unreachable", "down"));
  expect(await applyChanges([change("a", "NONE", "VIEWER")], client, { stop: never })).toMatchObject({
    unverified: "down",
  });
});

it("begins nobody once it was told to stop, and reads nothing again then", async () => {
  const client = organization({ a: "NONE" });
  client.listMemberships = () => Promise.reject(new Error("not to be called"));
  const changes = [change("a", "NONE", "VIEWER")];
  expect(await applyChanges(changes, client, { stop: AbortSignal.abort() })).toEqual({
    applied: [],
    failed: [],
    notAttempted: changes,
  });
});

/** An organization with one project, which behaves like Langfuse as far as changes go. */
function whole(members: Record<string, Role>, rows: Record<string, Role> = {}) {
  const calls: string[] = [];
  const list = (from: Record<string, Role>) =>
    Object.entries(from).map(([userId, role]) => ({ userId, role, email: `${userId}@example.com` }));
  const client: OrganizationWriter = {
    listMemberships: async () => list(members),
    listProjectMemberships: async () => list(rows),
    createScimUser: async ({ userName, role }) => {
      calls.push(`create ${userName} ${role}`);
      const id = userName.replace("@example.com", "");
      if (id === "refused") throw new AccessError("unreachable", "refused");
      members[id] = role;
      return { id, userName };
    },
    updateScimUser: async (id, role) => {
      calls.push(`update ${id} ${role}`);
      members[id] = role;
    },
    deleteScimUser: async (id) => {
      calls.push(`delete ${id}`);
      delete members[id];
      delete rows[id];
    },
    putProjectMembership: async (project, userId, role) => {
      calls.push(`put ${project} ${userId} ${role}`);
      if (members[userId] === undefined) throw new AccessError("unreachable", "User is not a member");
      rows[userId] = role;
      return { userId, role };
    },
    deleteProjectMembership: async (project, userId) => {
      calls.push(`drop ${project} ${userId}`);
      delete rows[userId];
    },
  };
  return { calls, client };
}

const inProject = (userId: string, row: NonNullable<Change["row"]>, [from, to]: [Role, Role]): Change => ({
  ...change(userId, from, to),
  kind: row.to === null ? "project-revoke" : "project-grant",
  project: { id: "p", name: "Project" },
  row,
});
const unknownYet = (made: Change): Change => ({ ...made, userId: null });

it("makes members before it gives them project roles, and takes project roles before organization roles", async () => {
  const { calls, client } = whole({ leaving: "MEMBER", gone: "VIEWER" }, { leaving: "ADMIN" });
  const changes: Change[] = [
    { ...change("gone", "VIEWER", "NONE"), kind: "remove-member" },
    change("leaving", "MEMBER", "NONE"),
    inProject("leaving", { from: "ADMIN", to: null }, ["ADMIN", "NONE"]),
    unknownYet(inProject("new", { from: null, to: "ADMIN" }, ["NONE", "ADMIN"])),
    unknownYet({ ...change("new", "NONE", "VIEWER"), kind: "provision" }),
  ];
  const outcome = await applyChanges(changes, client, { stop: never });
  expect(outcome).toEqual({ applied: changes, failed: [], notAttempted: [] });
  expect(calls.slice(0, 3)).toEqual(["create new@example.com VIEWER", "put p new ADMIN", "drop p leaving"]);
  expect(calls.slice(3).toSorted()).toEqual(["delete gone", "update leaving NONE"]);
});

it("gives no project role to somebody who could not be made a member, and says why", async () => {
  const { client } = whole({});
  const changes: Change[] = [
    unknownYet({ ...change("refused", "NONE", "VIEWER"), kind: "provision" }),
    unknownYet(inProject("refused", { from: null, to: "ADMIN" }, ["NONE", "ADMIN"])),
  ];
  const { failed } = await applyChanges(changes, client, { stop: never });
  expect(failed.map(({ message }) => message)).toEqual([
    "refused",
    expect.stringContaining("could not be made a member"),
  ]);
});

it("waits for what is told of each change before it goes on", async () => {
  const names = ["a", "b", "c", "d"];
  const { calls, client } = whole(Object.fromEntries(names.map((name) => [name, "NONE"])));
  const stop = new AbortController();
  const changes = names.map((name) => change(name, "NONE", "VIEWER"));
  const outcome = await applyChanges(changes, client, {
    stop: stop.signal,
    onAnswer: async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      stop.abort();
    },
  });
  expect(calls).toEqual(["update a VIEWER", "update b VIEWER", "update c VIEWER"]);
  expect(outcome.notAttempted).toEqual([changes[3]]);
});

describe("an owner whose successor did not come", () => {
  const successor = change("a", "ADMIN", "OWNER");
  const leaving = [change("b", "OWNER", "ADMIN"), change("c", "OWNER", "VIEWER")];
  const apply = (refuse: (id: string) => boolean, facts: { owners: number; minimum: number }) => {
    const client = organization({ a: "ADMIN", b: "OWNER", c: "OWNER" }, refuse);
    return applyChanges([successor, ...leaving], client, { stop: never, owners: facts });
  };

  it("stays, as far as the organization needs them", async () => {
    const { applied, failed } = await apply((id) => id === "a", { owners: 2, minimum: 1 });
    expect(applied).toHaveLength(1);
    expect(failed).toMatchObject([
      { change: successor },
      { message: expect.stringContaining("it would leave 0 owners") },
    ]);
  });

  it("goes once the successor is there", async () => {
    expect((await apply(() => false, { owners: 2, minimum: 1 })).failed).toEqual([]);
  });

  it("goes as far as an approval has let the plan go below the minimum, and no further", async () => {
    expect((await apply(() => false, { owners: 2, minimum: 3 })).failed).toEqual([]);
    expect((await apply((id) => id === "a", { owners: 2, minimum: 3 })).failed).toHaveLength(2);
  });
});
