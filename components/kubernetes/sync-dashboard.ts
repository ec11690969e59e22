import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Panel } from "./panel.ts";
import { proxyPanels } from "./proxy-panels.ts";
import { syncPanels } from "./sync-panels.ts";
import type { Watched } from "./watched.ts";
import { webhookPanels } from "./webhook-panels.ts";

export interface SyncDashboardArgs extends Watched {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Panels that belong together, below a line with their title if there is one. */
interface Section {
  readonly title?: string;
  readonly panels: readonly Panel[];
}

/** Of the grid that a page has; a line with a title is one high. */
const HEIGHT = 7;
const COLUMNS = 24;
const DATASOURCE = { type: "prometheus", uid: "$datasource" };

/** What is shown, which is what there are figures of. */
export function dashboardSections({ staleAfter, webhook, proxy }: Watched): readonly Section[] {
  return [
    { panels: syncPanels(staleAfter) },
    ...(webhook ? [{ title: "Webhook", panels: webhookPanels() }] : []),
    ...(proxy === undefined ? [] : [{ title: "Login-time proxy", panels: proxyPanels() }]),
  ];
}

/** A dashboard as Grafana reads it: the same text for the same settings, so that it changes only when they do. */
export function syncDashboard(watched: Watched): Readonly<Record<string, unknown>> {
  const panels = placed(dashboardSections(watched)).map((panel, index) => ({ id: index + 1, ...panel }));
  return {
    uid: "langfuse-role-sync",
    title: "Langfuse role sync",
    tags: ["langfuse", "keycloak"],
    schemaVersion: 39,
    editable: false,
    time: { from: "now-24h", to: "now" },
    refresh: "1m",
    templating: {
      list: [
        { name: "datasource", type: "datasource", query: "prometheus" },
        {
          name: "organization",
          type: "query",
          datasource: DATASOURCE,
          query: "label_values(langfuse_sync_members, organization)",
          includeAll: true,
          multi: true,
          current: { text: "All", value: "$__all" },
          refresh: 2,
        },
      ],
    },
    panels,
  };
}

/** The dashboard in a ConfigMap, where Grafana's sidecar finds it by its labels. */
export function dashboardConfigMap(
  name: string,
  { namespace, labels, ...watched }: SyncDashboardArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.core.v1.ConfigMap {
  return new kubernetes.core.v1.ConfigMap(
    `${name}-dashboard`,
    {
      metadata: { name: `${name}-dashboard`, namespace, labels },
      data: { [`${name}.json`]: JSON.stringify(syncDashboard(watched), undefined, 2) },
    },
    options,
  );
}

/** Panels beside each other as long as there is room, each section below the one before. */
function placed(sections: readonly Section[]): readonly object[] {
  let y = 0;
  return sections.flatMap(({ title, panels }) => {
    const head = title === undefined ? [] : [{ title, type: "row", collapsed: false, panels: [], gridPos: line(y) }];
    y += head.length;
    let x = 0;
    const body = panels.map((panel) => {
      if (x + panel.width > COLUMNS) [x, y] = [0, y + HEIGHT];
      const gridPos = { x, y, w: panel.width, h: HEIGHT };
      x += panel.width;
      return { ...drawn(panel), gridPos };
    });
    y += HEIGHT;
    return [...head, ...body];
  });
}

function line(y: number) {
  return { x: 0, y, w: COLUMNS, h: 1 };
}

function drawn({ title, kind, unit, queries, steps }: Panel) {
  return {
    title,
    type: kind,
    datasource: DATASOURCE,
    targets: queries.map(([expr, legendFormat], query) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + query),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
    fieldConfig: { defaults: { unit, min: 0, ...(steps && { thresholds: thresholdsOf(steps) }) }, overrides: [] },
  };
}

function thresholdsOf([warning, alarm]: readonly [number, number]) {
  const steps = [
    { color: "green", value: null },
    { color: "orange", value: warning },
    { color: "red", value: alarm },
  ];
  return { mode: "absolute", steps };
}
