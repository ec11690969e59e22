import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { SETTLING } from "#sync/webhook/hint-queue.ts";
import { environmentFor, runCommand } from "../command-line.ts";
import { startOrganization } from "../organization-server.ts";
import { type Person, startRealm } from "../realm-server.ts";
import { ONCE, sendSigned, startReceiver, until } from "./receiver.ts";
import { about, ROLES, startServing, startWorld } from "./world.ts";

describe.concurrent("an event", () => {
  it("is a hint: what somebody gets is what Keycloak says, and an event that comes again changes nothing", async () => {
    await using world = await startWorld(["dora", "fred"]);
    const { receiver, give, roleOf, langfuse } = world;
    give("dora");
    const event = about("dora");
    expect([await receiver.send(event), await receiver.send(about("fred"))]).toEqual([202, 202]);
    await until(() => expect(roleOf("dora")).toBe("ADMIN"));
    for (let times = 0; times < 20; times += 1) expect(await receiver.send(event)).toBe(202);
    await sleep(50);
    expect([roleOf("fred"), langfuse.writes().length]).toEqual(["VIEWER", 1]);
    const outcome = (name: string) => `langfuse_sync_webhook_requests_total{outcome="${name}"}`;
    expect(await receiver.metrics()).toMatchObject({ [outcome("accepted")]: 2, [outcome("repeated")]: 20 });
  });

  it("that comes before what it tells of is committed is followed a moment later", async () => {
    let commit: (name: string) => void = () => {};
    const names = ["dora", "fred", "gina", "hugo"];
    await using world = await startWorld(names, { onRoles: (name) => commit(name) });
    commit = (name) => names.includes(name) && world.roleOf(name) === "VIEWER" && world.give(name);
    const inSync = async () => (await world.receiver.metrics())[RUNS_IN_SYNC] ?? 0;
    for (const name of names) {
      const before = await inSync();
      expect(await world.receiver.send(about(name))).toBe(202);
      await until(async () => expect((await world.receiver.metrics())[OLDEST_HINT]).toBe(0));
      expect(await inSync()).toBe(before + 1);
      if (world.roleOf(name) === "ADMIN") return;
      // The machine stood still, and a first look that comes so late is the last one.
    }
    expect.fail("nobody was looked at again");
  });

  it("about everybody leads to one run for many of them", async () => {
    await using world = await startWorld(["dora", "fred"]);
    world.give("dora");
    world.give("fred", "langfuse-member");
    const begun = performance.now();
    for (let times = 0; times < 10; times += 1) {
      expect(await world.receiver.send(about("", { resourcePath: "groups/g/role-mappings/realm" }))).toBe(202);
    }
    const pauses = Math.floor((performance.now() - begun) / SETTLING);
    await until(async () => expect((await world.receiver.metrics())[OLDEST_HINT]).toBe(0));
    expect(["fred", "dora"].map(world.roleOf)).toEqual(["MEMBER", "ADMIN"]);
    const runs = (await world.receiver.metrics())[
      'langfuse_sync_webhook_runs_total{scope="everybody",outcome="applied"}'
    ];
    // One, unless the machine stood still between two events for as long as they are gathered.
    expect(runs).toBeGreaterThanOrEqual(1);
    expect(runs).toBeLessThanOrEqual(1 + pauses);
  });

  it("of five hundred at once is not lost, and the people are read in a few runs", async () => {
    const names = Array.from({ length: 500 }, (_, index) => `p${index}`);
    await using world = await startWorld(names);
    for (const name of names) world.give(name, "langfuse-member");
    const answers = await Promise.all(names.map((name) => world.receiver.send(about(name))));
    expect(new Set(answers)).toEqual(new Set([202]));
    await until(() => expect(new Set(Object.values(world.langfuse.roles()))).toEqual(new Set(["OWNER", "MEMBER"])));
    const runs = Object.entries(await world.receiver.metrics()).filter(([name]) => name.includes("webhook_runs_total"));
    expect(runs.reduce((sum, [, count]) => sum + count, 0)).toBeLessThan(30);
  });

  it.each(["keycloak", "langfuse"] as const)(
    "is kept while %s does not answer, and followed when it does",
    async (side) => {
      let broken: typeof side | undefined;
      await using world = await startWorld(["dora"], { broken: () => broken });
      world.give("dora");
      broken = side;
      expect(await world.receiver.send(about("dora"))).toBe(202);
      // It is tried again and again, and so there may be more by now.
      await until(async () => expect((await world.receiver.metrics())[RUNS_FAILED]).toBeGreaterThanOrEqual(1));
      expect((await fetch(`${world.receiver.url}/readyz`, { headers: ONCE })).status).toBe(200);
      broken = undefined;
      await until(() => expect(world.roleOf("dora")).toBe("ADMIN"));
    },
  );
});

const dora: Person = { id: "dora", email: "dora@example.com" };
const RUNS_IN_SYNC = 'langfuse_sync_webhook_runs_total{scope="people",outcome="in-sync"}';
const OLDEST_HINT = "langfuse_sync_webhook_oldest_hint_seconds";
const RUNS_FAILED = 'langfuse_sync_webhook_runs_total{scope="people",outcome="failed"}';

it.concurrent("is not ready before it has read both sides, and takes events all the same", async () => {
  let broken: "keycloak" | undefined = "keycloak";
  await using world = await startWorld(["dora"], { broken: () => broken, waitUntilReady: false });
  world.give("dora");
  expect((await fetch(`${world.receiver.url}/readyz`, { headers: ONCE })).status).toBe(503);
  expect(await world.receiver.send(about("dora"))).toBe(202);
  broken = undefined;
  await until(() => expect(world.roleOf("dora")).toBe("ADMIN"));
  await until(async () => expect((await fetch(`${world.receiver.url}/readyz`, { headers: ONCE })).status).toBe(200));
});

it.concurrent("becomes ready when a secret that was wrong at the beginning is replaced", async () => {
  await using keycloak = await startRealm(
    { people: [], roles: ROLES },
    {
      fault: (_, { body }) =>
        body.includes("outdated") ? { status: 401, json: { error: "invalid_client" } } : undefined,
    },
  );
  await using langfuse = await startOrganization({ "owner@example.com": "OWNER" });
  const folder = await mkdtemp(path.join(tmpdir(), "webhook-"));
  const file = path.join(folder, "secret");
  await writeFile(file, "outdated");
  const { KEYCLOAK_CLIENT_SECRET: secret = "", ...environment } = environmentFor(keycloak, langfuse);
  const own = { ...environment, KEYCLOAK_CLIENT_SECRET_FILE: file };
  await using receiver = await startReceiver(own, { waitUntilReady: false });
  await until(() => expect(keycloak.received.length).toBeGreaterThan(0));
  expect((await fetch(`${receiver.url}/readyz`, { headers: ONCE })).status).toBe(503);
  await writeFile(file, secret);
  await until(async () => expect((await fetch(`${receiver.url}/readyz`, { headers: ONCE })).status).toBe(200));
  await rm(folder, { recursive: true });
});

it.concurrent("when it is told to end it reads who waits, and takes nothing more", async () => {
  const world = await startWorld(["dora", "fred"]);
  world.give("dora");
  await world.receiver.send(about("dora"));
  await until(() => expect(world.roleOf("dora")).toBe("ADMIN"));
  // Committed only now, and the second look at them is two seconds away.
  world.give("fred");
  await world.receiver.send(about("fred"));
  expect(await world.receiver.stop()).toBe(0);
  expect(world.roleOf("fred")).toBe("ADMIN");
  await expect(world.receiver.send(about("fred"))).rejects.toThrow();
  await world[Symbol.asyncDispose]();
});

it.concurrent("runs of a CronJob and of events at the same time write one after another", async () => {
  const names = Array.from({ length: 8 }, (_, index) => `p${index}`);
  await using world = await startWorld(names);
  for (const name of names) world.give(name, "langfuse-member");
  const sent = names.map((name) => world.receiver.send(about(name)));
  const scheduled = Array.from({ length: 3 }, () => runCommand(["apply"], world.environment));
  const codes = (await Promise.all(scheduled)).map(({ exitCode }) => exitCode);
  await Promise.all(sent);
  await until(() => expect(new Set(Object.values(world.langfuse.roles()))).toEqual(new Set(["OWNER", "MEMBER"])));
  // Whoever came too late was refused, and nobody was written twice.
  for (const code of codes) expect([0, 3]).toContain(code);
  const written = world.langfuse.writes().map(({ url }) => url.pathname);
  expect(written.toSorted()).toEqual([...new Set(written)].toSorted());
});

it.concurrent("when it is killed while it writes, the next run goes on at once and finds what was left", async () => {
  await using keycloak = await startRealm({ people: [{ ...dora, roles: ["langfuse-admin"] }], roles: ROLES });
  let hangs = true;
  const hang = (response: unknown) => void response;
  await using langfuse = await startOrganization(
    { "owner@example.com": "OWNER", [dora.email]: "VIEWER" },
    ({ method }) => (hangs && method === "PUT" ? hang : undefined),
  );
  const environment = environmentFor(keycloak, langfuse);
  const { child, ended, port } = await startServing(environment);
  expect(await sendSigned(`http://127.0.0.1:${port}`, about(dora.id))).toBe(202);
  await until(() => expect(langfuse.writes()).toHaveLength(1));
  expect((await runCommand(["apply"], environment)).complaints).toContain("is writing at this moment");
  child.kill("SIGKILL");
  await ended;
  hangs = false;
  expect(await runCommand(["apply"], environment)).toMatchObject({ exitCode: 0 });
  expect(langfuse.roles()[dora.email]).toBe("ADMIN");
});

it.concurrent("says what is wrong with its configuration, and what there is to serve", async () => {
  const environment = environmentFor({ url: "http://127.0.0.1:1" }, { url: "http://127.0.0.1:1" });
  expect(await runCommand(["serve", "webhook"], environment)).toMatchObject({
    exitCode: 64,
    complaints: expect.stringContaining("WEBHOOK_SECRET is not set"),
  });
  expect((await runCommand(["serve", "webhok"], environment)).complaints).toContain('did you mean "webhook"');
});
