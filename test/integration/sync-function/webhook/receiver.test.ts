import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, Server } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LIMITS, MOST_CONNECTIONS } from "#sync/commands/serve-webhook.ts";
import { SETTLING } from "#sync/webhook/hint-queue.ts";
import { LONGEST_BODY } from "#sync/webhook/receiver.ts";
import { environmentFor, runCommand } from "../command-line.ts";
import { heardOn } from "../connection.ts";
import { startOrganization } from "../organization-server.ts";
import { startProgram } from "../program.ts";
import { type Person, startRealm } from "../realm-server.ts";
import { ONCE, SECRET, sendSigned, signatureOf, startReceiver, until } from "./receiver.ts";

const ROLES = { "langfuse-admin": [], "langfuse-member": [] };
const about = (id: string, more = {}) => ({
  uid: randomUUID(),
  realmName: "company",
  time: Date.now(),
  type: "admin.REALM_ROLE_MAPPING-CREATE",
  resourcePath: `users/${id}/role-mappings/realm`,
  representation: '[{"name":"langfuse-owner"}]',
  ...more,
});

/** A realm whose people can be changed, an organization that has all of them, and a receiver between. */
async function startWorld(
  names: readonly string[],
  more: {
    broken?: () => "keycloak" | "langfuse" | undefined;
    /** Called when the effective roles of somebody are read, after they were. */
    onRoles?: (name: string) => void;
    waitUntilReady?: boolean;
  } = {},
) {
  const people: Person[] = names.map((name) => ({ id: name, email: `${name}@example.com` }));
  const members = Object.fromEntries(people.map(({ email }) => [email, "VIEWER"]));
  const faultOf = (side: "keycloak" | "langfuse") => () =>
    more.broken?.() === side ? { status: 400, text: "broken" } : undefined;
  const keycloak = await startRealm(
    { people, roles: ROLES },
    {
      fault: (read, { url }) => {
        const name = url.pathname.split("/")[5];
        // The answer is made at once, from what there is now.
        if (read === "effective roles" && name !== undefined) setImmediate(() => more.onRoles?.(name));
        return faultOf("keycloak")();
      },
    },
  );
  const langfuse = await startOrganization({ "owner@example.com": "OWNER", ...members }, faultOf("langfuse"));
  const environment = environmentFor(keycloak, langfuse);
  const receiver = await startReceiver(environment, more);
  /** Gives somebody a role in Keycloak. */
  const give = (name: string, role = "langfuse-admin") => {
    people.splice(
      people.findIndex(({ id }) => id === name),
      1,
      { id: name, email: `${name}@example.com`, roles: [role] },
    );
  };
  const roleOf = (name: string) => langfuse.roles()[`${name}@example.com`];
  return {
    ...{ keycloak, langfuse, environment, receiver, give, roleOf },
    [Symbol.asyncDispose]: async () => {
      await receiver[Symbol.asyncDispose]();
      await keycloak[Symbol.asyncDispose]();
      await langfuse[Symbol.asyncDispose]();
    },
  };
}

describe.concurrent("a request", () => {
  it("that nobody who knows the secret has sent is refused, whatever it says, and nothing is read for it", async () => {
    await using world = await startWorld(["dora"]);
    const { receiver, keycloak, give, roleOf } = world;
    give("dora");
    const before = keycloak.received.length;
    const body = JSON.stringify(about("dora"));
    const json = { "content-type": "application/json", ...ONCE };
    const basic = (pair: string) => ({ ...json, authorization: `Basic ${Buffer.from(pair).toString("base64")}` });
    const ask = async (init: RequestInit, path = "/webhook") => {
      const answer = await fetch(`${receiver.url}${path}`, { method: "POST", body, ...init });
      return [answer.status, await answer.text()] as const;
    };
    const refused = [
      await ask({ headers: json }),
      await ask({ headers: { ...json, "x-keycloak-signature": signatureOf(body, "another-secret-value") } }),
      await ask({ headers: { ...json, "x-keycloak-signature": signatureOf(`${body} `) } }),
      await ask({ headers: basic("keycloak:guessed") }),
      await ask({ headers: { ...basic(`keycloak:${SECRET}`), "content-type": "text/plain" } }),
      await ask({ headers: basic(`keycloak:${SECRET}`) }, "/webhooks"),
      await ask({ method: "PUT", headers: basic(`keycloak:${SECRET}`) }),
      await ask({ headers: basic(`keycloak:${SECRET}`), body: "{" }),
      await ask({ headers: basic(`keycloak:${SECRET}`), body: '{"type":7}' }),
      await ask({ headers: basic(`keycloak:${SECRET}`), body: " ".repeat(LONGEST_BODY + 1) }),
    ];
    expect(refused.map(([status]) => status)).toEqual([401, 401, 401, 401, 415, 404, 405, 400, 400, 413]);
    for (const [, said] of refused) {
      expect(said).toMatch(/^\{"error":"[^"]+"\}$/);
      expect(said).not.toContain(SECRET);
    }
    await sleep(50);
    expect([keycloak.received.length, roleOf("dora")]).toEqual([before, "VIEWER"]);
    expect(await receiver.metrics()).toMatchObject({
      'langfuse_sync_webhook_requests_total{outcome="401"}': 4,
      'langfuse_sync_webhook_requests_total{outcome="413"}': 1,
    });
    // With a slash behind it and a password, as vymalo/keycloak-webhook sends.
    expect(await ask({ headers: basic(`keycloak:${SECRET}`) }, "/webhook/")).toEqual([202, "{}"]);
    await until(() => expect(roleOf("dora")).toBe("ADMIN"));
  });

  it("beyond the connections that there may be is counted", async () => {
    await using world = await startWorld([]);
    const server = await serverAt(world.receiver.url);
    expect(server.maxConnections).toBe(MOST_CONNECTIONS);
    // A slow machine would open the first of so many long before the last.
    server.maxConnections = 10;
    const dropped = 'langfuse_sync_webhook_requests_total{outcome="dropped"}';
    await until(async () => {
      await crowd(Number(new URL(world.receiver.url).port), 20);
      let count = 0;
      // Until the server has seen that they left, this is one too many itself.
      await until(async () => {
        count = (await world.receiver.metrics())[dropped] ?? 0;
      });
      expect(count).toBeGreaterThanOrEqual(10);
    });
  });

  it("whose body grows without end, or does not come, is broken off", async () => {
    await using world = await startWorld([]);
    const { port } = new URL(world.receiver.url);
    const raw = (head: string, ...pieces: readonly Buffer[]) => {
      const socket = connect(Number(port), "127.0.0.1");
      socket.write(
        `POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-keycloak-signature: 00\r\n${head}\r\n\r\n`,
      );
      for (const piece of pieces) socket.write(piece);
      return heardOn(socket);
    };
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, 32), Buffer.from("\r\n")]);
    const endless = await raw("transfer-encoding: chunked", ...Array.from({ length: 20 }, () => chunk));
    expect(endless).toMatch(/^HTTP\/1\.1 413 /);
    const server = await serverAt(world.receiver.url);
    const { headersTimeout, requestTimeout } = LIMITS;
    expect(server).toMatchObject({ headersTimeout, requestTimeout });
    // What is only waited for here need not take so long.
    Object.assign(server, { headersTimeout: 500, requestTimeout: 500 });
    expect(await raw("content-length: 10")).toMatch(/^(HTTP\/1\.1 408 [\s\S]*)?$/);
    Object.assign(server, { headersTimeout, requestTimeout });
    expect((await fetch(`${world.receiver.url}/healthz`, { headers: ONCE })).status).toBe(200);
  });

  it("is not taken for late when the process itself stood still", async () => {
    const nowhere = { url: "http://127.0.0.1:1" };
    const { child, ended, port } = await startServing(environmentFor(nowhere, nowhere));
    // The proof needs the connection to be accepted before and read after; where it is accepted late, nothing can go wrong.
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    await sleep(200);
    child.kill("SIGSTOP");
    const body = JSON.stringify(about("dora"));
    socket.write(
      `POST /webhook HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\nx-keycloak-signature: ${signatureOf(body)}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await sleep(6_000);
    child.kill("SIGCONT");
    expect(await heardOn(socket)).toMatch(/^HTTP\/1\.1 202 /);
    child.kill("SIGKILL");
    await ended;
  });
});

/** The server that answers there, in this process: for limits that nobody else can reach. */
async function serverAt(url: string): Promise<Server> {
  const found = Promise.withResolvers<Server>();
  const onRequest = (message: unknown) => {
    const { request, server } = message as { readonly request: IncomingMessage; readonly server: Server };
    if (request.headers.host === new URL(url).host) found.resolve(server);
  };
  subscribe("http.server.request.start", onRequest);
  await fetch(`${url}/healthz`, { headers: ONCE });
  unsubscribe("http.server.request.start", onRequest);
  return await found.promise;
}

/** Opens so many connections, and leaves when half of them were closed. */
async function crowd(port: number, size: number): Promise<void> {
  let open = size;
  const enough = Promise.withResolvers<void>();
  const sockets = Array.from({ length: size }, () => connect(port, "127.0.0.1").resume());
  for (const socket of sockets) {
    socket.on("error", () => {});
    socket.once("close", () => {
      open -= 1;
      if (open === size / 2) enough.resolve();
    });
  }
  await enough.promise;
  for (const socket of sockets) socket.destroy();
}

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
    console.log(
      "RUNS",
      runs.reduce((sum, [, count]) => sum + count, 0),
    );
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

/** `serve webhook` in a process of its own. */
async function startServing(environment: Readonly<Record<string, string>>) {
  const webhook = { WEBHOOK_SECRET: SECRET, WEBHOOK_PORT: "0" };
  const { child, ended } = startProgram(["serve", "webhook", "--json"], { ...environment, ...webhook });
  if (child.stdout === null) throw new Error("it has an output");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { port } = JSON.parse(line) as { port: number };
  return { child, ended, port };
}

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
