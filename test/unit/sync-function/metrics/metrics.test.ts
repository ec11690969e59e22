import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { METRICS } from "#sync/metrics/catalog.ts";
import { checkPublication, publish, publishedSeries } from "#sync/metrics/publication.ts";
import { pushMetrics } from "#sync/metrics/pushgateway.ts";
import { MetricsRegistry, parseSeries } from "#sync/metrics/registry.ts";
import { countRequests } from "#sync/metrics/requests.ts";
import { runMetrics } from "#sync/metrics/run-metrics.ts";
import { plan } from "#sync/plan/plan.ts";
import type { RunEvent } from "#sync/safeguards.ts";
import { WEBHOOK_METRICS } from "#sync/webhook/figures.ts";
import { active, rulesOf, stateOf } from "../plan/world.ts";

const folder = mkdtempSync(path.join(tmpdir(), "metrics-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A server on this machine that remembers what it got. */
async function startServer(status = 200) {
  const received: { method: string | undefined; url: string | undefined; authorization?: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const { authorization } = request.headers;
    const { method, url } = request;
    received.push({ method, url, ...(authorization && { authorization }), body: await text(request) });
    if (status > 0) response.writeHead(status).end(status === 200 ? "" : "text format parsing error");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, received, [Symbol.dispose]: stop };
}

describe("the text", () => {
  it("has help, type and sorted series with escaped labels", () => {
    const registry = new MetricsRegistry();
    registry.increase("langfuse_sync_success_total");
    registry.set("langfuse_sync_members", 2, { organization: 'a"b\\c\nd', role: "OWNER" });
    registry.set("langfuse_sync_members", 1, { organization: "a", role: "NONE" });
    expect(registry.text()).toBe(`# HELP langfuse_sync_success_total Runs that ended with everything applied.
# TYPE langfuse_sync_success_total counter
langfuse_sync_success_total 1
# HELP langfuse_sync_members Members of an organization by their role in it, after the last run.
# TYPE langfuse_sync_members gauge
langfuse_sync_members{organization="a",role="NONE"} 1
langfuse_sync_members{organization="a\\"b\\\\c\\nd",role="OWNER"} 2
`);
  });

  it("is read back, and counters and the last success go on", () => {
    const registry = new MetricsRegistry();
    registry.increase("langfuse_sync_changes_total", { organization: "a b", kind: "grant" }, 3);
    registry.set("langfuse_sync_duration_seconds", 1.5);
    registry.set("langfuse_sync_last_success_timestamp_seconds", 7);
    const next = new MetricsRegistry(parseSeries(registry.text()));
    next.increase("langfuse_sync_changes_total", { organization: "a b", kind: "grant" });
    expect(next.kept()).toEqual({
      'langfuse_sync_changes_total{organization="a b",kind="grant"}': 4,
      langfuse_sync_last_success_timestamp_seconds: 7,
    });
  });

  it("names follow the rules: counters end in _total, times in _seconds", () => {
    for (const [name, { type }] of Object.entries({ ...METRICS, ...WEBHOOK_METRICS })) {
      expect(name.endsWith("_total")).toBe(type === "counter");
      if (/duration|timestamp/.test(name)) expect(name).toMatch(/_seconds$/);
    }
  });
});

it("a run leaves its figures", () => {
  const rules = rulesOf({ rules: [{ realmRole: "members", organization: "MEMBER" }] });
  const state = stateOf({
    members: { boss: ["OWNER"], a: ["VIEWER", active("members")], b: ["ADMIN", active("members")] },
  });
  const made = plan(state, rules);
  const [first, second] = made.changes;
  if (first === undefined || second === undefined) throw new Error("two people change");
  const registry = new MetricsRegistry();
  const startedAt = new Date("2026-08-01T12:00:00Z");
  const metrics = runMetrics(registry, startedAt);
  const decision = { organization: { name: "o", rules, langfuse: {} }, state, plan: made };
  const outcome = { applied: [first], failed: [{ change: second, message: "no" }], notAttempted: [] };
  const events: RunEvent[] = [
    { kind: "started", command: "apply" },
    { kind: "decided", decision } as unknown as RunEvent,
    {
      kind: "refused",
      fingerprint: "f",
      refusals: [
        { guard: "mass-removal", organization: "organization-1", count: 4, limit: 3, people: [], message: "" },
      ],
    },
    { kind: "verified", organization: "organization-1", outcome },
    { kind: "finished", exitCode: 4 },
  ];
  for (const event of events) metrics.observe(event, new Date("2026-08-01T12:00:02.5Z"));
  const series = parseSeries(registry.text());
  expect(series).toMatchObject({
    'langfuse_sync_members{organization="organization-1",role="MEMBER"}': 1,
    'langfuse_sync_members{organization="organization-1",role="ADMIN"}': 1,
    'langfuse_sync_members{organization="organization-1",role="VIEWER"}': 0,
    'langfuse_sync_changes_total{organization="organization-1",kind="promote"}': 1,
    'langfuse_sync_refusals_total{organization="organization-1",guard="mass-removal"}': 1,
    'langfuse_sync_failure_total{exit_code="4"}': 1,
    langfuse_sync_duration_seconds: 2.5,
  });
  expect(series.langfuse_sync_success_total).toBeUndefined();
});

describe("publication", () => {
  const registry = new MetricsRegistry();
  registry.increase("langfuse_sync_success_total");

  it("to a file replaces it in one step, readable by the collector", async () => {
    const file = path.join(folder, "sync.prom");
    expect(await publish(registry, { file, pushgatewayUrl: undefined, instance: "o" })).toEqual([]);
    expect(publishedSeries(file)).toEqual({ langfuse_sync_success_total: 1 });
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(["sync.prom"]);
    expect(readFileSync(file, "utf8")).toBe(registry.text());
    expect(publishedSeries(path.join(folder, "absent.prom"))).toEqual({});
  });

  it("to a Pushgateway puts them under job and instance", async () => {
    using gateway = await startServer();
    expect(await publish(registry, { file: undefined, pushgatewayUrl: `${gateway.url}/`, instance: "a/b" })).toEqual(
      [],
    );
    expect(gateway.received).toEqual([
      { method: "PUT", url: "/metrics/job/langfuse_sync/instance/a%2Fb", body: registry.text() },
    ]);
  });

  it("to a Pushgateway that asks who it is sends what the address says, and tells it nobody", async () => {
    using gateway = await startServer(401);
    const url = gateway.url.replace("://", "://sync%40a:p%3Aw@");
    const problem = await pushMetrics("x", { url, instance: "i" });
    expect(gateway.received[0]?.authorization).toBe(`Basic ${Buffer.from("sync@a:p:w").toString("base64")}`);
    expect(problem).toContain("answered 401");
    const unreachable = await pushMetrics("x", { url: "http://sync:p%3Aw@127.0.0.1:1", instance: "i" });
    expect(problem + (unreachable ?? "")).not.toMatch(/p%3Aw|p:w/);
  });

  it("tells what went wrong and throws nothing", async () => {
    using refusing = await startServer(400);
    using silent = await startServer(0);
    expect(await pushMetrics("x", { url: refusing.url, instance: "i" })).toContain("answered 400: text format");
    expect(await pushMetrics("x", { url: silent.url, instance: "i", timeout: 50 })).toContain("could not be reached");
    expect(await pushMetrics("x", { url: "http://127.0.0.1:1", instance: "i" })).toContain("could not be reached");
    const file = path.join(folder, "absent", "sync.prom");
    expect(await publish(registry, { file, pushgatewayUrl: undefined, instance: "i" })).toHaveLength(1);
  });

  it("refuses a name the collector does not read, and an address that is none", () => {
    expect(() => checkPublication({ file: "/m/sync.txt", pushgatewayUrl: undefined })).toThrow(/end in \.prom/);
    expect(() => checkPublication({ file: undefined, pushgatewayUrl: "gateway:9091" })).toThrow(/PUSHGATEWAY_URL/);
    const check = () => checkPublication({ file: undefined, pushgatewayUrl: "ftp://pusher:secret-value@gateway:9091" });
    expect(check).toThrow(/^PUSHGATEWAY_URL is no address; (?!.*secret-value)/);
  });
});

it("requests are counted by target and status, and those of others are not", async () => {
  using known = await startServer(200);
  using broken = await startServer(503);
  using other = await startServer(200);
  const { createHttpClient } = await import("#sync/http/client.ts");
  const { unknown } = await import("zod");
  const counted: string[] = [];
  const stop = countRequests({ [known.url]: "keycloak", [broken.url]: "langfuse" }, (target, status) =>
    counted.push(`${target} ${status}`),
  );
  for (const { url } of [known, broken, other]) {
    const client = createHttpClient({ service: "Test", baseUrl: url, attempts: 1 });
    await client.send({ method: "GET", path: "/" }, unknown()).catch(() => {});
  }
  stop();
  expect(counted).toEqual(["keycloak 200", "langfuse 503"]);
});

it("every metric is a row of the page with its labels, and every row is a metric", () => {
  const page = readFileSync(new URL("../../../../docs/metrics.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(langfuse_\w+)` \| (\w+) \| ([^|]*) \| (.+) \|$/gm)].map(
    ([, ...cells]) => cells,
  );
  const metrics = Object.entries({ ...METRICS, ...WEBHOOK_METRICS }).map(([name, { type, labels, help }]) => [
    name,
    type,
    labels.map((label) => `\`${label}\``).join(", ") || "–",
    help,
  ]);
  expect(rows).toEqual(metrics);
});
