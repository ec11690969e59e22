import { describe, expect, it } from "vitest";
import { dashboardConfigMap, dashboardSections, syncDashboard } from "#components/kubernetes/sync-dashboard.ts";
import type { Watched } from "#components/kubernetes/watched.ts";
import { deploy, find } from "../deployment.ts";
import { LABELS, metricsIn, problemsOf } from "./promql.ts";

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const everything = { staleAfter: 30, webhook: true, proxy: "pass" } as const;
const queries = dashboardSections(everything).flatMap(({ panels }) =>
  panels.flatMap(({ title, queries: all }) => all.map(([expr]) => ({ title, expr }))),
);

describe("the dashboard of the sync", () => {
  it.each(queries)("$title: $expr is PromQL and goes by metrics and labels that exist", ({ expr }) => {
    expect(problemsOf(expr)).toEqual([]);
  });

  it("shows every metric", () => {
    const shown = new Set(queries.flatMap(({ expr }) => metricsIn(expr)));
    expect([...shown].toSorted()).toEqual([...LABELS.keys()].toSorted());
  });

  it("has a row for the webhook and one for the proxy where these are", () => {
    const rowsOf = (watched: Watched) =>
      (syncDashboard(watched) as { panels: { type: string; title: string }[] }).panels.flatMap(({ type, title }) =>
        type === "row" ? [title] : [],
      );
    expect(rowsOf(everything)).toEqual(["Webhook", "Login-time proxy"]);
    expect(rowsOf({ ...everything, webhook: false, proxy: undefined })).toEqual([]);
  });

  it("has no panel over another, or beside the page", () => {
    const { panels } = syncDashboard(everything) as { panels: readonly { gridPos: Place }[] };
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
    const watched = { ...everything, staleAfter: 15 };
    const args = { ...watched, namespace: "tools", labels: { grafana_dashboard: "1" } };
    const { resources } = await deploy(() => dashboardConfigMap("sync", args, {}));
    const { inputs } = find(resources, "ConfigMap");
    expect(inputs.metadata).toEqual({ name: "sync-dashboard", namespace: "tools", labels: { grafana_dashboard: "1" } });
    const text = (inputs.data as Record<string, string>)["sync.json"] ?? "";
    expect(JSON.parse(text)).toEqual(syncDashboard(watched));
    expect(text).toContain('"value": 900');
  });
});
