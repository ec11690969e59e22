import { expect, it } from "vitest";
import { metricsIn, problemsOf } from "./promql.ts";

it.each([
  ["sum(increase(langfuse_sync_success_total[$__rate_interval])) or vector(0)", []],
  ['max by (namespace) (langfuse_sync_webhook_left_total{reason!="ended"}) > 1', []],
  ["sum(langfuse_sync_success_total", ["not PromQL"]],
  ["increase(langfuse_sync_success_total[5x])", ["not PromQL"]],
  ["vector(1) > 0", ["asks for nothing"]],
  ["langfuse_sync_succes_total > 0", ["no metric: langfuse_sync_succes_total"]],
  ['langfuse_sync_members{scope="people"}', ["no label of langfuse_sync_members: scope"]],
  ["sum by (namespace) (langfuse_sync_members)", ["no label of langfuse_sync_members: namespace"]],
  ['langfuse_proxy_logins_total{outcome=~"failed|later"}', ["no value of outcome"]],
])("of %s it finds %j wrong", (query, expected) => {
  const problems = problemsOf(query);
  expect(problems).toHaveLength(expected.length);
  for (const [index, start] of expected.entries()) expect(problems[index]).toContain(start);
});

it("finds every metric of a query", () => {
  expect(metricsIn("rate(langfuse_proxy_logins_total[5m]) / langfuse_sync_members unless x offset 5m")).toEqual([
    "langfuse_proxy_logins_total",
    "langfuse_sync_members",
    "x",
  ]);
});
