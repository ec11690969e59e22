import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { createHttpClient } from "#sync/http/client.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import { type Answer, startServer } from "./http-server.ts";
import { LANGFUSE_CREDENTIALS } from "./organization-server.ts";

const anything = z.unknown();
afterEach(() => {
  vi.useRealTimers();
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("an error", () => {
  it.each<readonly [string, Answer]>([
    ["a refusal", { status: 401, json: { error: "Invalid credentials" } }],
    ["a lost answer", (response) => response.destroy()],
    ["another shape", { status: 200, json: { memberships: [{ role: "sk-lf-secret-value" }] } }],
    ["a silence", () => {}],
  ])("after %s holds no credentials, however it is printed", async (_title, answer) => {
    await using server = await startServer(() => answer);
    const client = createLangfuseClient({ url: server.url, ...LANGFUSE_CREDENTIALS, attempts: 1, timeout: 60 });
    const error = await failureOf(client.listMemberships());
    const printed = inspect(error, { depth: 20, showHidden: true });
    expect(printed).toContain("GET");
    expect(printed).toContain("/api/public/organizations/memberships");
    expect(printed).not.toContain("sk-lf-secret-value");
    expect(printed).not.toContain(Buffer.from("pk-lf-test:sk-lf-secret-value").toString("base64"));
  });

  it("does not repeat the query, and tells the status", async () => {
    await using server = await startServer(() => ({ status: 404, text: "<html><title>404</title>" }));
    const client = createHttpClient({ service: "Langfuse", baseUrl: server.url });
    const error = await failureOf(client.send({ method: "GET", path: "/users", query: { email: "a@b.c" } }, anything));
    expect(error).toMatchObject({ name: "AccessError", kind: "unreachable", status: 404 });
    expect(String(error)).toContain(`GET ${server.url}/users answered 404: an HTML page titled "404"`);
    expect(String(error)).not.toContain("a@b.c");
  });

  it("names the address that a redirect points to, and does not follow it", async () => {
    await using server = await startServer(() => ({ status: 308, headers: { location: "/elsewhere?token=1" } }));
    const client = createHttpClient({ service: "Langfuse", baseUrl: server.url });
    const error = await failureOf(client.send({ method: "GET", path: "/users" }, anything));
    expect(String(error)).toMatch(/not redirected \(it points to \/elsewhere\)$/);
    expect(server.received).toHaveLength(1);
  });
});

describe("a call", () => {
  it("waits as long as the server asks for", async () => {
    let refusals = 1;
    await using server = await startServer(() =>
      refusals-- > 0 ? { status: 429, headers: { "retry-after": "1" } } : { status: 200, json: {} },
    );
    const client = createHttpClient({ service: "Langfuse", baseUrl: server.url });
    const started = performance.now();
    await client.send({ method: "POST", path: "/things", body: {} }, anything);
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  it("has its time although the date is set forward meanwhile", async () => {
    await using server = await startServer(() => {
      if (server.received.length > 1) return { status: 200, json: {} };
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
      return { status: 503 };
    });
    const client = createHttpClient({ service: "Langfuse", baseUrl: server.url });
    await expect(client.send({ method: "GET", path: "/things" }, anything)).resolves.toEqual({});
  });

  it("does not wait for what comes after its deadline", async () => {
    await using server = await startServer(() => ({ status: 429, headers: { "retry-after": "3600" } }));
    const client = createHttpClient({ service: "Langfuse", baseUrl: server.url });
    expect(await failureOf(client.send({ method: "GET", path: "/things" }, anything))).toMatchObject({ status: 429 });
  });

  it("ends at its deadline with all its repetitions", async () => {
    await using server = await startServer(() => () => {});
    const client = createHttpClient({
      service: "Langfuse",
      baseUrl: server.url,
      timeout: 100,
      deadline: 250,
      attempts: 50,
    });
    const started = performance.now();
    const error = await failureOf(client.send({ method: "GET", path: "/things" }, anything));
    expect(error).toMatchObject({ kind: "unreachable" });
    // All its tries would take some minutes with the pauses between them, and the deadline is two where nothing else is said.
    expect(performance.now() - started).toBeLessThan(60_000);
  });

  it("that creates something is not repeated when the answer was lost", async () => {
    await using server = await startServer(() => (response) => response.destroy());
    const client = createHttpClient({ service: "Langfuse", baseUrl: server.url });
    await failureOf(client.send({ method: "POST", path: "/projects", body: {} }, anything));
    expect(server.received).toHaveLength(1);
  });

  it("encodes blanks and plus signs of the query so that every server reads them alike", async () => {
    await using server = await startServer(() => ({ status: 200, json: [] }));
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url });
    await client.send({ method: "GET", path: "/x", query: { search: " ", email: "a+b@c.d" } }, anything);
    expect(server.received[0]?.url.search).toBe("?search=%20&email=a%2Bb%40c.d");
  });

  it("uses no more connections than allowed and keeps them", async () => {
    const ports = new Set<number | undefined>();
    await using server = await startServer(() => (response) => {
      ports.add(response.socket?.remotePort);
      setTimeout(() => response.writeHead(200).end("{}"), 2);
    });
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url, connections: 2 });
    await Promise.all(Array.from({ length: 20 }, () => client.send({ method: "GET", path: "/x" }, anything)));
    expect(ports.size).toBe(2);
  });
});

describe("an answer that arrives in pieces", () => {
  const row = z.object({ name: z.string() });
  const list = { method: "GET", path: "/list" } as const;
  const names = [{ name: "Zoë" }, { name: '}],"' }, { name: "\u{1f600}" }];
  const bytes = Buffer.from(JSON.stringify(names));

  it("is read whole, wherever the network cut it", async () => {
    await using server = await startServer(() => (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const send = (at: number): unknown =>
        at < bytes.length
          ? response.write(bytes.subarray(at, at + 1), () => setImmediate(send, at + 1))
          : response.end();
      send(0);
    });
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url });
    expect(await client.sendRows(list, row)).toEqual(names);
  });

  /** Answers with all but the end at first, and what happens then; and after that with everything. */
  const startTorn = (then: (response: ServerResponse) => void) => {
    let tries = 0;
    return startServer(() => (response) => {
      tries += 1;
      response.writeHead(200, { "content-length": bytes.length });
      if (tries > 1) response.end(bytes);
      else response.write(bytes.subarray(0, bytes.length - 3), () => setTimeout(then, 20, response));
    });
  };

  it("is asked for once more when it breaks off in the middle, and no row is counted twice", async () => {
    await using server = await startTorn((response) => response.destroy());
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url });
    expect(await client.sendRows(list, row)).toEqual(names);
    expect(server.received).toHaveLength(2);
  });

  it("is asked for again when it falls silent in the middle, and no row is counted twice", async () => {
    await using server = await startTorn(() => {});
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url, timeout: 600 });
    expect(await client.sendRows(list, row)).toEqual(names);
    // Where this process stood still, the whole answer came too late as well.
    expect(server.received.length).toBeGreaterThanOrEqual(2);
  });

  it("is given up where it breaks off every time", async () => {
    await using server = await startServer(() => (response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 20), () => response.destroy());
    });
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url, attempts: 2 });
    expect(await failureOf(client.sendRows(list, row))).toMatchObject({
      kind: "incomplete",
      message: expect.stringContaining("the answer broke off"),
    });
    expect(server.received).toHaveLength(2);
  });

  it("ends at the deadline of the call, and lets its connection go", async () => {
    let closed = false;
    await using server = await startServer(() => (response) => {
      response.on("close", () => {
        closed = true;
      });
      response.writeHead(200).write("[");
      const drip = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(drip));
    });
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url, deadline: 300 });
    // A slow machine may not have asked by then.
    while (server.received.length === 0) {
      expect(await failureOf(client.sendRows(list, row))).toMatchObject({ kind: "unreachable" });
    }
    await expect.poll(() => closed).toBe(true);
  });

  it("is not asked for again when it is of another shape", async () => {
    await using server = await startServer(() => ({ status: 200, json: [{ name: 1 }] }));
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url });
    expect(await failureOf(client.sendRows(list, row))).toMatchObject({ kind: "incomplete" });
    expect(server.received).toHaveLength(1);
  });

  it("counts by its status when it is a refusal, even one that never ends", async () => {
    await using server = await startServer(() => (response) => {
      response.writeHead(403, { "content-type": "text/plain" }).write("not you");
    });
    const client = createHttpClient({ service: "Keycloak", baseUrl: server.url, timeout: 300 });
    const error = await failureOf(client.sendRows(list, row));
    expect(error).toMatchObject({ kind: "unauthorised", status: 403, message: expect.stringContaining("not you") });
  });
});

describe("writing to Langfuse", () => {
  it("has no more than two writes under way, and those that wait to be repeated do not count", async () => {
    let [underWay, most] = [0, 0];
    const refused = new Set<string>();
    await using server = await startServer(({ url }) => (response) => {
      const isFirst = url.pathname.endsWith("0") && !refused.has(url.pathname);
      refused.add(url.pathname);
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= 1;
        response.writeHead(isFirst ? 500 : 200, { "content-type": "application/json" }).end("{}");
      }, 2);
    });
    const client = createLangfuseClient({ url: server.url, ...LANGFUSE_CREDENTIALS });
    const ids = Array.from({ length: 20 }, (_, index) => `u${index}`);
    await Promise.all(ids.map((id) => client.updateScimUser(id, "VIEWER")));
    expect({ most, requests: server.received.length }).toEqual({ most: 2, requests: 22 });
  });
});

describe("deleting from Langfuse twice", () => {
  it("is success where the second time is answered with 404", async () => {
    await using server = await startServer(() => ({ status: 404, json: { error: "Project membership not found" } }));
    const client = createLangfuseClient({ url: server.url, ...LANGFUSE_CREDENTIALS });
    await expect(client.deleteProjectMembership("p", "u")).resolves.toBeUndefined();
  });

  it("is a failure when the project itself is unknown", async () => {
    const error = "Project not found or does not belong to this organization";
    await using server = await startServer(() => ({ status: 404, json: { error } }));
    const client = createLangfuseClient({ url: server.url, ...LANGFUSE_CREDENTIALS });
    await expect(client.deleteProjectMembership("p", "u")).rejects.toThrow(error);
  });
});
