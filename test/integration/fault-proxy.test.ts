import { createServer, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "#local/fault-proxy/proxy.ts";

/** What the server behind the proxy saw. */
const seen: { method: string; path: string; host: string | undefined; body: string; port: number | undefined }[] = [];
const LISTS: Readonly<Record<string, unknown>> = { "/list": [1, 2, 3], "/listed": { rows: [1, 2], total: 2 } };
let server: Server;
let proxy: FaultProxy;
let stopped: FaultProxy;

beforeAll(async () => {
  // It keeps connections for ever, so that how many there are does not depend on pauses.
  server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const { method = "", url = "", headers, socket } = request;
    seen.push({ method, path: url, host: headers.host, body, port: socket.remotePort });
    response.writeHead(
      201,
      [
        ["set-cookie", "a=1; Path=/"],
        ["set-cookie", "b=2; Path=/"],
        ["X-Mixed-Case", "kept"],
        ["content-type", "application/json"],
      ].flat(),
    );
    response.end(JSON.stringify(LISTS[url] ?? { answer: "x".repeat(100) }));
  });
  const target = await listen(server);
  proxy = await startFaultProxy({ target });
  stopped = await startFaultProxy({ target: "http://127.0.0.1:9" });
});
afterAll(async () => {
  await Promise.all([proxy.stop(), stopped.stop()]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
afterEach(() => {
  proxy.clear();
  seen.length = 0;
});

async function listen(each: Server): Promise<string> {
  await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
  const address = each.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

async function put(path = "/path?query=1"): Promise<Response> {
  // The proxy closes what has been idle for seconds, perhaps just when the next request comes on it.
  const headers = { connection: "close" };
  return await fetch(`${proxy.url}${path}`, { method: "PUT", body: "the body", headers });
}

it.each([
  ["before", 0],
  ["after", 1],
] as const)("a cut %s the server acts is told before the client can notice", async (when, reached) => {
  const order: string[] = [];
  const struck = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push(`struck, ${seen.length} seen`);
  };
  proxy.inject({ fault: { kind: "cut", when, struck } });
  await put().catch(() => order.push("noticed"));
  expect(order).toEqual([`struck, ${reached} seen`, "noticed"]);
});

describe("without a rule", () => {
  it("hands requests and answers through as they are", async () => {
    const response = await put();
    expect(response.status).toBe(201);
    expect(response.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/"]);
    expect(response.headers.get("x-mixed-case")).toBe("kept");
    expect(await response.json()).toEqual({ answer: "x".repeat(100) });
    const host = new URL(proxy.url).host;
    expect(seen).toEqual([{ method: "PUT", path: "/path?query=1", host, body: "the body", port: expect.any(Number) }]);
  });

  it("keeps its connection to the server", async () => {
    for (let request = 0; request < 3; request++) await (await put()).text();
    expect(new Set(seen.map(({ port }) => port)).size).toBe(1);
  });

  it("records every request with status and time", async () => {
    const before = Date.now();
    await put("/first");
    await put("/second");
    expect(proxy.requests).toEqual([
      { method: "PUT", path: "/first", status: 201, startedAt: expect.any(Number), ms: expect.any(Number) },
      { method: "PUT", path: "/second", status: 201, startedAt: expect.any(Number), ms: expect.any(Number) },
    ]);
    expect(proxy.requests[0]?.startedAt).toBeGreaterThanOrEqual(before);
    proxy.clear();
    expect(proxy.requests).toEqual([]);
  });

  it("says 502 when the server behind does not answer", async () => {
    const response = await fetch(`${stopped.url}/`);
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining("ECONNREFUSED")]);
  });
});

describe("with a rule", () => {
  it("answers instead of the server, with status, headers and body", async () => {
    proxy.inject({
      fault: { kind: "answer", status: 429, headers: { "retry-after": "2" }, body: '{"message":"slow"}' },
    });
    const response = await put();
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "2"]);
    expect(await response.json()).toEqual({ message: "slow" });
    expect(seen).toEqual([]);
    expect(proxy.requests).toMatchObject([{ status: 429 }]);
  });

  it("answers what it makes of the request", async () => {
    const body = ({ headers, body: sent }: { headers: { host?: string }; body: string }) => `${headers.host} ${sent}`;
    proxy.inject({ fault: { kind: "answer", status: 400, body } });
    expect(await (await put()).text()).toBe(`${new URL(proxy.url).host} the body`);
  });

  it("hits only what matches, as often as it says", async () => {
    proxy.inject({
      matches: ({ method, path }) => method === "PUT" && path.startsWith("/hit"),
      count: 2,
      fault: { kind: "answer", status: 500 },
    });
    const statuses = [];
    for (const path of ["/other", "/hit", "/hit?again", "/hit"]) statuses.push((await put(path)).status);
    expect(statuses).toEqual([201, 500, 500, 201]);
  });

  it("hits a position, counted from 0 when the rule is set", async () => {
    await put();
    const withdraw = proxy.inject({ position: 1, fault: { kind: "answer", status: 409 } });
    const statuses = [];
    for (let request = 0; request < 3; request++) statuses.push((await put()).status);
    expect(statuses).toEqual([201, 409, 201]);
    withdraw();
  });

  it("forwards nothing of a client that has gone before its time came", async () => {
    proxy.inject({ fault: { kind: "delay", milliseconds: 3_600_000 } });
    const client = new AbortController();
    const asked = fetch(proxy.url, { method: "PUT", body: "x", signal: client.signal });
    await expect.poll(() => proxy.requests).toHaveLength(1);
    client.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => proxy.requests[0]?.ms).toBeGreaterThan(0);
    expect(seen).toEqual([]);
  });

  it("delays, also together with another fault", async () => {
    proxy.inject({ fault: { kind: "delay", milliseconds: 60 } });
    proxy.inject({ position: 1, fault: { kind: "answer", status: 503 } });
    const started = performance.now();
    expect([(await put()).status, (await put()).status]).toEqual([201, 503]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(118);
  });

  it("holds a request until something has happened", async () => {
    const { promise: until, resolve } = Promise.withResolvers<void>();
    proxy.inject({ fault: { kind: "hold", until }, position: 0 });
    const held = put("/held");
    await expect.poll(() => proxy.requests).toHaveLength(1);
    await put("/after");
    expect(seen.map(({ path }) => path)).toEqual(["/after"]);
    resolve();
    expect((await held).status).toBe(201);
    expect(seen.map(({ path }) => path)).toEqual(["/after", "/held"]);
  });

  it("answers no sooner than a slow server would", async () => {
    proxy.inject({ fault: { kind: "latency", milliseconds: 60 } });
    const started = performance.now();
    expect((await put()).status).toBe(201);
    expect(performance.now() - started).toBeGreaterThanOrEqual(59);
  });

  it("lets the server begin at once, however slow it is to be", async () => {
    proxy.inject({ fault: { kind: "latency", milliseconds: 3_600_000 } });
    const client = new AbortController();
    const asked = fetch(proxy.url, { method: "PUT", body: "x", signal: client.signal });
    await expect.poll(() => seen).toHaveLength(1);
    client.abort();
    await expect(asked).rejects.toThrow();
  });

  it("cuts the connection before the server sees the request", async () => {
    proxy.inject({ fault: { kind: "cut", when: "before" } });
    await expect(put()).rejects.toThrow("fetch failed");
    expect(seen).toEqual([]);
  });

  it("loses the answer although the write happened", async () => {
    proxy.inject({ fault: { kind: "cut", when: "after" }, count: 1 });
    await expect(put()).rejects.toThrow("fetch failed");
    expect(seen).toHaveLength(1);
    expect(proxy.requests).toMatchObject([{ status: undefined }]);
    expect((await put()).status).toBe(201);
  });

  it("truncates the body and keeps the length it was promised", async () => {
    proxy.inject({ fault: { kind: "truncate", bytes: 10 } });
    const response = await put();
    expect([response.status, response.headers.get("content-length")]).toEqual([201, "113"]);
    await expect(response.text()).rejects.toThrow("terminated");
  });

  it("replaces the body by garbage", async () => {
    proxy.inject({ fault: { kind: "garbage" } });
    const response = await put();
    expect(response.status).toBe(201);
    await expect(response.json()).rejects.toThrow(SyntaxError);
  });

  it.each([
    ["/list", [1]],
    ["/listed", { rows: [1], total: 2 }],
    ["/text", { answer: "x".repeat(100) }],
  ])("shortens the lists of %s and nothing else", async (path, expected) => {
    proxy.inject({ fault: { kind: "shorten", keep: 1 } });
    expect(await (await put(path)).json()).toEqual(expected);
  });
});
