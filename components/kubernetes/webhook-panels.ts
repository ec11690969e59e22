import { graph, grown, type Panel, stat, statOfADay } from "./panel.ts";
import { LEFT_TO_OTHERS, LONGEST_WAIT, LOST_EVENTS } from "./webhook-alerts.ts";

/** What somebody wants to see who asks whether events of Keycloak come, and are followed. */
export function webhookPanels(): readonly Panel[] {
  return [
    stat(
      "What waits longest",
      "s",
      ["max(langfuse_sync_webhook_oldest_hint_seconds)", "age"],
      [LONGEST_WAIT / 2, LONGEST_WAIT],
    ),
    statOfADay("Events refused", LOST_EVENTS, "events"),
    statOfADay("Hints left to the next run", LEFT_TO_OTHERS, "hints"),
    stat("Since it was started", "s", ["time() - max(langfuse_sync_webhook_start_timestamp_seconds)", "age"]),
    graph("Events of Keycloak by what became of them", "short", [
      grown("langfuse_sync_webhook_requests_total", "outcome"),
      "{{outcome}}",
    ]),
    graph("Runs that events led to", "short", [
      grown("langfuse_sync_webhook_runs_total", "scope, outcome"),
      "{{scope}} {{outcome}}",
    ]),
    graph(
      "What waits, and what was left",
      "short",
      ["sum(langfuse_sync_webhook_waiting)", "people who wait"],
      [grown("langfuse_sync_webhook_left_total", "reason"), "left: {{reason}}"],
      ["sum(langfuse_sync_webhook_ready)", "pods that take events"],
    ),
    graph("Length of the last run that an event led to", "s", [
      "max by (scope) (langfuse_sync_webhook_duration_seconds)",
      "{{scope}}",
    ]),
  ];
}
