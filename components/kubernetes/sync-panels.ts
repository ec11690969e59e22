import { graph, grown, type Panel, stat, statOfADay } from "./panel.ts";

const OF_ORGANIZATION = 'organization=~"$organization"';

/** What somebody wants to see who asks whether roles follow, who has them, and what stands in the way. */
export function syncPanels(staleAfter: number): readonly Panel[] {
  return [
    stat(
      "Since the last run that applied everything",
      "s",
      ["time() - max(langfuse_sync_last_success_timestamp_seconds)", "age"],
      [(staleAfter * 60) / 2, staleAfter * 60],
    ),
    statOfADay("Runs refused by a guard", 'langfuse_sync_failure_total{exit_code="3"}', "runs"),
    statOfADay("Runs that failed", 'langfuse_sync_failure_total{exit_code!="3"}', "runs"),
    stat("Length of the last run", "s", ["max(langfuse_sync_duration_seconds)", "duration"]),
    graph("Members by role", "short", [`sum by (role) (langfuse_sync_members{${OF_ORGANIZATION}})`, "{{role}}"]),
    graph("Owners of each organization", "short", [
      `langfuse_sync_members{${OF_ORGANIZATION},role="OWNER"}`,
      "{{organization}}",
    ]),
    graph("Changes by kind", "short", [grown(`langfuse_sync_changes_total{${OF_ORGANIZATION}}`, "kind"), "{{kind}}"]),
    graph("Plans refused, by guard", "short", [
      grown(`langfuse_sync_refusals_total{${OF_ORGANIZATION}}`, "guard"),
      "{{guard}}",
    ]),
    graph(
      "Runs by how they ended",
      "short",
      ["sum(increase(langfuse_sync_success_total[$__rate_interval]))", "0"],
      [grown("langfuse_sync_failure_total", "exit_code"), "{{exit_code}}"],
      [grown("langfuse_sync_person_runs_total", "exit_code"), "single people {{exit_code}}"],
    ),
    graph("Requests by server and status", "short", [
      grown("langfuse_sync_requests_total", "target, status"),
      "{{target}} {{status}}",
    ]),
  ];
}
