import type { Alert } from "./alert.ts";

/** Requests whose event is lost: nobody knows who sent it, it cannot be read, there is no room, or it is too old. */
export const LOST_EVENTS = 'langfuse_sync_webhook_requests_total{outcome=~"400|401|413|415|503|dropped|old"}';

/** Hints that a webhook does not follow itself; what is left at the end of a process is in its log alone. */
export const LEFT_TO_OTHERS = 'langfuse_sync_webhook_left_total{reason!="ended"}';

/** Seconds. What cannot be followed is given up after ten minutes; who waits longer is not even tried. */
export const LONGEST_WAIT = 900;

/**
 * Alerts on the figures of the webhook. All of them are warnings: what it misses the CronJob finds, which has alerts of its own.
 * That no event comes is none, as nobody may have changed anything.
 *
 * @param namespace that its pods are in, which a scrape adds to their figures
 */
export function webhookAlerts(namespace: string): readonly Alert[] {
  const runs = (outcomes: string) =>
    `sum by (namespace) (increase(langfuse_sync_webhook_runs_total{outcome=~"${outcomes}"}[5m])) > 0`;
  const warnings: readonly Omit<Alert, "severity">[] = [
    {
      alert: "LangfuseWebhookDown",
      expr: `absent(langfuse_sync_webhook_ready{namespace="${namespace}"} == 1)`,
      for: "10m",
      summary: "No webhook takes events of Keycloak, or Prometheus does not reach it; only the CronJob follows.",
    },
    {
      alert: "LangfuseWebhookStuck",
      expr: `max by (namespace) (langfuse_sync_webhook_oldest_hint_seconds) > ${LONGEST_WAIT}`,
      for: "1m",
      summary: `What events of Keycloak are about has waited for more than ${LONGEST_WAIT / 60} minutes.`,
    },
    {
      alert: "LangfuseWebhookFailing",
      // One that fails among others that do not is tried again, and given up in the end, which is another alert.
      expr: `${runs("failed")} unless ${runs("in-sync|applied|refused")}`,
      for: "5m",
      summary: "Every run that events of Keycloak lead to fails.",
    },
    {
      alert: "LangfuseWebhookEventsLeft",
      expr: `sum by (namespace, reason) (increase(${LEFT_TO_OTHERS}[30m])) > 0`,
      summary: "The webhook could not follow all events of Keycloak; the next run about everybody has to.",
    },
    {
      alert: "LangfuseWebhookRefusing",
      expr: `sum by (namespace, outcome) (increase(${LOST_EVENTS}[15m])) > 0`,
      summary: "The webhook refuses what is sent to it, so that events of Keycloak are lost.",
    },
    {
      alert: "LangfuseWebhookRestarting",
      // A rollout starts other pods, whose series are others. A node that is started again does it once.
      expr: "max by (namespace) (changes(langfuse_sync_webhook_start_timestamp_seconds[6h])) > 1",
      summary: "The webhook is started again and again, and forgets each time who waits.",
    },
  ];
  return warnings.map((one) => ({ ...one, severity: "warning" }));
}
