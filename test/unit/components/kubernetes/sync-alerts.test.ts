import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { prometheusRule, syncAlerts } from "#components/kubernetes/sync-alerts.ts";
import { METRICS, type MetricName } from "#sync/metrics/catalog.ts";
import { deploy, find } from "../deployment.ts";

const page = readFileSync(new URL("../../../../docs/alerts.md", import.meta.url), "utf8");

describe("the alerts of the sync", () => {
  it.each(syncAlerts(30))("$alert goes by metrics and labels that exist", ({ expr }) => {
    const series = [...expr.matchAll(/(langfuse_\w+)(?:\{(\w+)[!=])?/g)];
    expect(series.length).toBeGreaterThan(0);
    for (const [, name = "", label] of series) {
      expect(Object.keys(METRICS)).toContain(name);
      if (label !== undefined) expect(METRICS[name as MetricName].labels).toContain(label);
    }
  });

  it("have a section each of what to do, and no other", () => {
    const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(syncAlerts(30).map(({ alert }) => alert));
  });

  it("are one object of the Prometheus operator", async () => {
    const args = { namespace: "tools", labels: { release: "prometheus" }, staleAfter: 15 };
    const { resources } = await deploy(() => prometheusRule("sync", args, {}));
    const { inputs } = find(resources, "PrometheusRule");
    expect(inputs).toMatchObject({
      apiVersion: "monitoring.coreos.com/v1",
      metadata: { name: "sync", namespace: "tools", labels: { release: "prometheus" } },
    });
    const [group] = (inputs.spec as { groups: { rules: unknown[] }[] }).groups;
    expect(group?.rules[0]).toEqual({
      alert: "LangfuseSyncStale",
      expr: "time() - langfuse_sync_last_success_timestamp_seconds > 900",
      labels: { severity: "critical" },
      annotations: {
        summary: "Roles in Langfuse have not followed Keycloak for more than 15 minutes.",
        runbook: "docs/alerts.md#langfusesyncstale",
      },
    });
  });
});
