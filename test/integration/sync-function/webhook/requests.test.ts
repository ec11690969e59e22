import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LIMITS, MOST_CONNECTIONS } from "#sync/commands/serve-webhook.ts";
import { LONGEST_BODY } from "#sync/webhook/receiver.ts";
import { environmentFor } from "../command-line.ts";
import { heardOn } from "../connection.ts";
import { ONCE, SECRET, signatureOf, until } from "./receiver.ts";
import { about, startServing, startWorld } from "./world.ts";

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
