import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "./alert.ts";
import { proxyAlerts } from "./proxy-alerts.ts";
import type { Watched } from "./watched.ts";
import { webhookAlerts } from "./webhook-alerts.ts";

export interface SyncAlertsArgs extends Watched {
  readonly namespace: pulumi.Input<string>;
  /** Of the rule; the Prometheus operator chooses rules by them. */
  readonly labels: Readonly<Record<string, string>>;
}

/** All alerts on what there are figures of; each has its section in docs/alerts.md. */
export function allAlerts(namespace: string, { staleAfter, webhook, proxy }: Watched): readonly Alert[] {
  return [
    ...syncAlerts(staleAfter),
    ...(webhook ? webhookAlerts(namespace) : []),
    ...(proxy === undefined ? [] : proxyAlerts(namespace, proxy)),
  ];
}

/** Alerts on the figures of runs. */
function syncAlerts(staleAfter: number): readonly Alert[] {
  const failures = (codes: string, above: number) =>
    newOrGrown(`langfuse_sync_failure_total{exit_code${codes}}`, above);
  return [
    {
      alert: "LangfuseSyncStale",
      expr: `time() - langfuse_sync_last_success_timestamp_seconds > ${staleAfter * 60}`,
      severity: "critical",
      summary: `Roles in Langfuse have not followed Keycloak for more than ${staleAfter} minutes.`,
    },
    {
      alert: "LangfuseSyncSilent",
      expr: "absent(langfuse_sync_last_success_timestamp_seconds)",
      for: `${staleAfter}m`,
      severity: "critical",
      summary: "The role sync leaves no figures.",
    },
    {
      alert: "LangfuseSyncRefused",
      expr: failures('="3"', 0),
      severity: "warning",
      summary: "A guard refused to change roles in Langfuse; somebody has to look at the plan.",
    },
    {
      alert: "LangfuseSyncFailing",
      // One run may meet a server that restarts. What Prometheus sees of a counter is never less, but a little more.
      expr: failures('!="3"', 1.5),
      severity: "warning",
      summary: "The role sync fails again and again.",
    },
    {
      alert: "LangfuseWithoutOwner",
      expr: 'langfuse_sync_members{role="OWNER"} == 0',
      severity: "critical",
      summary: "An organization in Langfuse has no owner.",
    },
  ];
}

/** A counter that begins at 1 has not increased in the eyes of Prometheus, so that the first time would go unnoticed. */
function newOrGrown(series: string, above: number): string {
  return `increase(${series}[30m]) > ${above} or (${series} > ${above} unless ${series} offset 30m)`;
}

/** The alerts as an object of the Prometheus operator, whose definition the cluster must have. */
export function prometheusRule(
  name: string,
  { namespace, labels, ...watched }: SyncAlertsArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.apiextensions.CustomResource {
  const rules = pulumi.output(namespace).apply((place) => allAlerts(place, watched).map(ruleOf));
  return new kubernetes.apiextensions.CustomResource(
    `${name}-alerts`,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata: { name, namespace, labels },
      spec: { groups: [{ name, rules }] },
    },
    options,
  );
}

/** As Prometheus has it. */
function ruleOf({ severity, summary, ...rule }: Alert) {
  const runbook = `docs/alerts.md#${rule.alert.toLowerCase()}`;
  return { ...rule, labels: { severity }, annotations: { summary, runbook } };
}
