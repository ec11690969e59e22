import { expect, it } from "vitest";
import { applyChanges } from "#sync/apply/apply.ts";
import { AccessError } from "#sync/errors.ts";
import type { Role } from "#sync/langfuse/role.ts";
import type { Change } from "#sync/plan/change.ts";

const change = (userId: string, from: Role, to: Role): Change => ({
  kind: "promote",
  email: `${userId}@example.com`,
  userId,
  from,
  to,
  reason: "they hold a role",
});
const never = new AbortController().signal;

function organization(members: Record<string, string>, refuse: (id: string) => boolean = () => false) {
  const order: string[] = [];
  let inFlight = 0;
  return {
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

it("gives before it takes, two at a time", async () => {
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
  expect(client.most).toBe(2);
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
