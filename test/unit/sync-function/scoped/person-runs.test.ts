import { expect, it } from "vitest";
import { AccessError } from "#sync/errors.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { judgeRun } from "#sync/guard/run-verdict.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { heldByAnother } from "#sync/lease/lease.ts";
import type { Directory } from "#sync/people/person.ts";
import { NO_SAFEGUARDS, type RunEvent, type Safeguards } from "#sync/safeguards.ts";
import { createPersonRuns } from "#sync/scoped/person-runs.ts";
import { person, rulesOf } from "../plan/world.ts";

const rules = rulesOf({ rules: [{ realmRole: "admins", organization: "ADMIN" }], fallback: "VIEWER" });
const client = createLangfuseClient({ url: "http://127.0.0.1:1", publicKey: "pk-lf-1", secretKey: "sk-lf-1" });
const stop = new AbortController().signal;
const about = (...names: string[]) => ({
  ids: new Set(names.map((name) => `keycloak ${name}`)),
  emails: new Set<string>(),
});

/** Four members, of whom those who are listed are administrators in Keycloak. */
function world(more: { safeguards?: Partial<Safeguards>; roles?: Role } = {}) {
  const names = ["a", "b", "c", "d", "e", "f"];
  const admins = new Set<string>();
  const roles = new Map<string, string>(names.map((name) => [name, more.roles ?? "VIEWER"]));
  const [events, writes]: [RunEvent[], string[]] = [[], []];
  let [held, mostHeld, connected] = [0, 0, 0];
  const personOf = (name: string) => person(name, admins.has(name) ? { realmRoles: ["admins"] } : {});
  const directory: Directory = {
    read: async () => ({ byEmail: new Map(), holders: [], unread: new Set(), holder: () => undefined }),
    confirm: async (_interest, email) => [personOf(email.split("@")[0] ?? "")],
    find: async (_interest, id) => personOf(id.replace("keycloak ", "")),
  };
  const langfuse = {
    ...client,
    countMembers: async () => roles.size + 1,
    listMemberships: async () =>
      [["boss", "OWNER"] as const, ...roles].map(([name, role]) => ({
        userId: name,
        email: `${name}@example.com`,
        role,
      })),
    updateScimUser: async (userId: string, role: Role) => {
      writes.push(`${userId} ${role}`);
      roles.set(userId, role);
    },
  };
  const safeguards: Safeguards = {
    ...NO_SAFEGUARDS,
    hold: async () => {
      held += 1;
      mostHeld = Math.max(held, mostHeld);
      return {
        lost: new AbortController().signal,
        [Symbol.asyncDispose]: async () => {
          held -= 1;
        },
      };
    },
    guard: async (decisions, approvals, recent) =>
      judgeRun(
        decisions.map(({ plan, state }) => {
          const lately = recent?.get(rules.organization);
          return { plan, world: { state, rules, ...(lately && { recent: lately }) }, limits: DEFAULT_LIMITS };
        }),
        approvals,
        () => false,
      ).refusals,
    record: async (event) => {
      events.push(event);
    },
    ...more.safeguards,
  };
  const runs = createPersonRuns({
    command: "webhook",
    connect: () => {
      connected += 1;
      const abandon = () => {};
      const organization = { name: "o", rules, guards: DEFAULT_LIMITS, langfuse };
      return { beginDirectory: () => directory, organizations: [organization], abandon };
    },
    safeguards: async () => safeguards,
    keepBefore: async () => {},
    log: { info: () => {}, warn: () => {}, error: () => {} },
    now: Date.now,
  });
  return { runs, admins, roles, events, writes, mostHeld: () => mostHeld, connected: () => connected };
}

it("takes no lease and leaves no trace where nothing has to change", async () => {
  const { runs, events, mostHeld } = world();
  expect(await runs.run(about("a", "b"), { stop })).toEqual({ outcome: "in-sync", changes: [] });
  expect([events, mostHeld()]).toEqual([[], 0]);
});

it("applies what has changed for one person, and records it as a run about people", async () => {
  const { runs, admins, roles, events } = world();
  admins.add("a").add("b");
  expect(await runs.run(about("a"), { stop })).toMatchObject({ outcome: "applied", changes: [{ userId: "a" }] });
  expect([roles.get("a"), roles.get("b")]).toEqual(["ADMIN", "VIEWER"]);
  expect(events.map(({ kind }) => kind)).toEqual(["started", "decided", "answered", "verified", "finished"]);
  expect(events[0]).toEqual({ kind: "started", command: "webhook", scope: "people" });
});

it("takes the lease at once for a likely change, and leaves no trace all the same if there is none", async () => {
  const { runs, admins, events, mostHeld } = world();
  expect(await runs.run(about("a"), { stop, isLikely: true })).toEqual({ outcome: "in-sync", changes: [] });
  expect([events, mostHeld()]).toEqual([[], 1]);
  admins.add("a");
  expect(await runs.run(about("a"), { stop, isLikely: true })).toMatchObject({ outcome: "applied" });
});

it("runs at the same time write one after another, and each only what is still to do", async () => {
  const { runs, admins, writes, mostHeld } = world();
  admins.add("a").add("b");
  await Promise.all([
    runs.run(about("a"), { stop }),
    runs.run(about("a", "b"), { stop }),
    runs.run(about("b"), { stop }),
  ]);
  expect(writes.toSorted()).toEqual(["a ADMIN", "b ADMIN"]);
  expect(mostHeld()).toBe(1);
});

it("waits for a run that is writing, and says so when that takes longer than there is patience", async () => {
  let attempts = 0;
  const hold: Safeguards["hold"] = async () => {
    attempts += 1;
    if (attempts % 4 !== 0) throw heldByAnother("the CronJob", "Lease");
    return await NO_SAFEGUARDS.hold();
  };
  const { runs, admins, roles } = world({ safeguards: { hold } });
  admins.add("a");
  expect(await runs.run(about("a"), { stop, patience: 150 })).toMatchObject({
    outcome: "busy",
    message: expect.stringContaining("the CronJob is writing at this moment"),
  });
  expect(roles.get("a")).toBe("VIEWER");
  attempts = 0;
  expect(await runs.run(about("a"), { stop })).toMatchObject({ outcome: "applied" });
});

it("is refused where it would do with others before it what no run about everybody may, and is not approved by the way", async () => {
  const { runs, roles, events, writes } = world({ roles: "ADMIN" });
  for (const name of ["a", "b", "c", "d", "e"]) {
    expect(await runs.run(about(name), { stop })).toMatchObject({ outcome: "applied" });
  }
  const refused = await runs.run(about("f"), { stop });
  expect(refused).toMatchObject({ outcome: "refused", changes: [] });
  expect(refused.message).toContain(
    "mass-demotion: in organization organization-1 6 of 7 members, with those of the runs just before it,",
  );
  expect([roles.get("f"), writes.length]).toEqual(["ADMIN", 5]);
  expect(events.slice(-3).map(({ kind }) => kind)).toEqual(["decided", "refused", "finished"]);
});

it("connects anew after a side could not be read, because a secret may have been replaced", async () => {
  let fails = true;
  const load = async () => {
    if (fails) throw new AccessError("unauthorised", "the key is refused");
    return new Map();
  };
  const { runs, connected } = world({ safeguards: { load } });
  await expect(runs.run(about("a"), { stop })).rejects.toThrow("the key is refused");
  fails = false;
  await runs.run(about("a"), { stop });
  await runs.run(about("b"), { stop });
  expect(connected()).toBe(2);
});

it("ends at once when it is told to stop while it reads", async () => {
  const asked = new AbortController();
  const { runs } = world({ safeguards: { load: () => new Promise(() => {}) } });
  const running = runs.run(about("a"), { stop: asked.signal });
  asked.abort();
  await expect(running).rejects.toThrow("told to stop");
});

it("does not write, nor stand in anybody's way, when its time is over before its turn comes", async () => {
  const [writing, late] = [Promise.withResolvers<void>(), new AbortController()];
  let asked = 0;
  const hold: Safeguards["hold"] = async () => {
    asked += 1;
    await writing.promise;
    return await NO_SAFEGUARDS.hold();
  };
  const { runs, admins, roles } = world({ safeguards: { hold } });
  admins.add("a").add("b");
  const first = runs.run(about("a"), { stop, isLikely: true });
  const second = runs.run(about("b"), { stop: late.signal, isLikely: true });
  const ended = expect(second).rejects.toThrow("told to stop");
  late.abort();
  writing.resolve();
  expect(await first).toMatchObject({ outcome: "applied" });
  await ended;
  expect([asked, roles.get("b")]).toEqual([1, "VIEWER"]);
});
