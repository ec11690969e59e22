import { describe, expect, it } from "vitest";
import { dashboardConfigMap, syncDashboard, syncPanels } from "#components/kubernetes/sync-dashboard.ts";
import { METRICS, type MetricName } from "#sync/metrics/catalog.ts";
import { deploy, find } from "../deployment.ts";

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const queries = syncPanels(30).flatMap(({ title, queries: all }) => all.map(([expr]) => ({ title, expr })));

describe("the dashboard of the sync", () => {
  it.each(queries)("$title: $expr goes by metrics and labels that exist", ({ expr }) => {
    const series = [...expr.matchAll(/(langfuse_\w+)(?:\{([^}]*)\})?/g)];
    expect(series.length).toBeGreaterThan(0);
    const grouped = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(", ") ?? [];
    for (const [, name = "", matchers = ""] of series) {
      expect(Object.keys(METRICS)).toContain(name);
      const labels: readonly string[] = METRICS[name as MetricName].labels;
      for (const [, label = ""] of matchers.matchAll(/(\w+)(?==~?"|!=")/g)) expect(labels).toContain(label);
      for (const label of grouped) expect(labels).toContain(label);
    }
  });

  it("shows every metric", () => {
    const shown = queries.map(({ expr }) => expr).join("\n");
    for (const name of Object.keys(METRICS)) expect(shown).toContain(name);
  });

  it("has no panel over another, or beside the page", () => {
    const { panels } = syncDashboard(30) as { panels: readonly { gridPos: Place }[] };
    const places = panels.map(({ gridPos }) => gridPos);
    for (const [index, { x, y, w, h }] of places.entries()) {
      expect(x + w).toBeLessThanOrEqual(24);
      const covered = places
        .slice(index + 1)
        .filter((one) => one.x < x + w && x < one.x + one.w && one.y < y + h && y < one.y + one.h);
      expect(covered).toEqual([]);
    }
  });

  it("is one ConfigMap that Grafana's sidecar finds, with the same text for the same settings", async () => {
    const args = { namespace: "tools", labels: { grafana_dashboard: "1" }, staleAfter: 15 };
    const { resources } = await deploy(() => dashboardConfigMap("sync", args, {}));
    const { inputs } = find(resources, "ConfigMap");
    expect(inputs.metadata).toEqual({ name: "sync-dashboard", namespace: "tools", labels: { grafana_dashboard: "1" } });
    const text = (inputs.data as Record<string, string>)["sync.json"] ?? "";
    expect(JSON.parse(text)).toEqual(syncDashboard(15));
    expect(text).toContain('"value": 900');
  });
});
