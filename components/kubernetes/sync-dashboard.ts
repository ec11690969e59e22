import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface SyncDashboardArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Minutes after which roles count as stale. */
  readonly staleAfter: number;
}

interface Panel {
  readonly title: string;
  readonly kind: "stat" | "timeseries";
  /** Columns of the 24 that a row has. */
  readonly width: number;
  readonly unit: string;
  /** What each line shows, and how it is called. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** Values from which on it is worth a warning, and an alarm. */
  readonly steps?: readonly [warning: number, alarm: number];
}

/** Lines that a panel is high. */
const HEIGHT = 7;
const COLUMNS = 24;
const DATASOURCE = { type: "prometheus", uid: "$datasource" };
const OF_ORGANIZATION = 'organization=~"$organization"';

/** What somebody wants to see who asks whether roles follow, who has them, and what stands in the way. */
export function syncPanels(staleAfter: number): readonly Panel[] {
  const grown = (series: string, by: string) => `sum by (${by}) (increase(${series}[$__rate_interval]))`;
  return [
    {
      title: "Since the last run that applied everything",
      kind: "stat",
      width: 6,
      unit: "s",
      queries: [["time() - max(langfuse_sync_last_success_timestamp_seconds)", "age"]],
      steps: [(staleAfter * 60) / 2, staleAfter * 60],
    },
    inADay("Runs refused by a guard", '="3"'),
    inADay("Runs that failed", '!="3"'),
    {
      title: "Length of the last run",
      kind: "stat",
      width: 6,
      unit: "s",
      queries: [["max(langfuse_sync_duration_seconds)", "duration"]],
    },
    {
      title: "Members by role",
      kind: "timeseries",
      width: 12,
      unit: "short",
      queries: [[`sum by (role) (langfuse_sync_members{${OF_ORGANIZATION}})`, "{{role}}"]],
    },
    {
      title: "Owners of each organization",
      kind: "timeseries",
      width: 12,
      unit: "short",
      queries: [[`langfuse_sync_members{${OF_ORGANIZATION},role="OWNER"}`, "{{organization}}"]],
    },
    {
      title: "Changes by kind",
      kind: "timeseries",
      width: 12,
      unit: "short",
      queries: [[grown(`langfuse_sync_changes_total{${OF_ORGANIZATION}}`, "kind"), "{{kind}}"]],
    },
    {
      title: "Plans refused, by guard",
      kind: "timeseries",
      width: 12,
      unit: "short",
      queries: [[grown(`langfuse_sync_refusals_total{${OF_ORGANIZATION}}`, "guard"), "{{guard}}"]],
    },
    {
      title: "Runs by how they ended",
      kind: "timeseries",
      width: 12,
      unit: "short",
      queries: [
        ["sum(increase(langfuse_sync_success_total[$__rate_interval]))", "0"],
        [grown("langfuse_sync_failure_total", "exit_code"), "{{exit_code}}"],
        [grown("langfuse_sync_person_runs_total", "exit_code"), "single people {{exit_code}}"],
      ],
    },
    {
      title: "Requests by server and status",
      kind: "timeseries",
      width: 12,
      unit: "short",
      queries: [[grown("langfuse_sync_requests_total", "target, status"), "{{target}} {{status}}"]],
    },
    {
      title: "Events of Keycloak by what became of them",
      kind: "timeseries",
      width: 12,
      unit: "short",
      queries: [
        [grown("langfuse_sync_webhook_requests_total", "outcome"), "{{outcome}}"],
        [grown("langfuse_sync_webhook_left_total", "reason"), "left: {{reason}}"],
        ["sum(langfuse_sync_webhook_waiting)", "waiting"],
      ],
    },
    {
      title: "Runs that events led to",
      kind: "timeseries",
      width: 12,
      unit: "short",
      queries: [
        [grown("langfuse_sync_webhook_runs_total", "scope, outcome"), "{{scope}} {{outcome}}"],
        ["max by (scope) (langfuse_sync_webhook_duration_seconds)", "seconds of the last {{scope}}"],
      ],
    },
  ];
}

/** @param codes what the exit codes must match */
function inADay(title: string, codes: string): Panel {
  const expr = `sum(increase(langfuse_sync_failure_total{exit_code${codes}}[1d])) or vector(0)`;
  return {
    title: `${title} in a day`,
    kind: "stat",
    width: 6,
    unit: "short",
    queries: [[expr, "runs"]],
    steps: [1, 10],
  };
}

/** A dashboard as Grafana reads it: the same text for the same settings, so that it changes only when they do. */
export function syncDashboard(staleAfter: number): Readonly<Record<string, unknown>> {
  let [x, y] = [0, 0];
  const panels = syncPanels(staleAfter).map(({ title, kind, width, unit, queries, steps }, index) => {
    if (x + width > COLUMNS) [x, y] = [0, y + HEIGHT];
    const gridPos = { x, y, w: width, h: HEIGHT };
    x += width;
    return {
      id: index + 1,
      title,
      type: kind,
      datasource: DATASOURCE,
      gridPos,
      targets: queries.map(([expr, legendFormat], query) => ({
        refId: String.fromCharCode("A".charCodeAt(0) + query),
        datasource: DATASOURCE,
        expr,
        legendFormat,
      })),
      fieldConfig: { defaults: { unit, min: 0, ...(steps && { thresholds: thresholdsOf(steps) }) }, overrides: [] },
    };
  });
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
  { namespace, labels, staleAfter }: SyncDashboardArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.core.v1.ConfigMap {
  return new kubernetes.core.v1.ConfigMap(
    `${name}-dashboard`,
    {
      metadata: { name: `${name}-dashboard`, namespace, labels },
      data: { [`${name}.json`]: JSON.stringify(syncDashboard(staleAfter), undefined, 2) },
    },
    options,
  );
}

function thresholdsOf([warning, alarm]: readonly [number, number]) {
  const steps = [
    { color: "green", value: null },
    { color: "orange", value: warning },
    { color: "red", value: alarm },
  ];
  return { mode: "absolute", steps };
}
