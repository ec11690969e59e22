import type { Decision } from "../decision.ts";
import { isRole, ROLES } from "../langfuse/role.ts";
import type { RunEvent } from "../safeguards.ts";
import type { MetricsRegistry } from "./registry.ts";

/** Puts what happens in a run into figures. */
export interface RunMetrics {
  observe(event: RunEvent, now: Date): void;
}

export function runMetrics(registry: MetricsRegistry, startedAt: Date): RunMetrics {
  const decisions = new Map<string, Decision>();
  let isWhole = true;
  return {
    observe: (event, now) => {
      switch (event.kind) {
        case "started":
          isWhole = event.scope === undefined;
          return;
        case "answered":
          return;
        case "decided":
          decisions.set(event.decision.organization.rules.organization, event.decision);
          countMembers(registry, event.decision, []);
          return;
        case "refused":
          for (const { guard, organization } of event.refusals) {
            registry.increase("langfuse_sync_refusals_total", { guard, organization });
          }
          return;
        case "verified": {
          const { organization, outcome } = event;
          for (const { kind } of outcome.applied) {
            registry.increase("langfuse_sync_changes_total", { organization, kind });
          }
          const decision = decisions.get(organization);
          if (decision !== undefined) countMembers(registry, decision, outcome.applied);
          return;
        }
        case "finished": {
          if (!isWhole) {
            registry.increase("langfuse_sync_person_runs_total", { exit_code: String(event.exitCode) });
            return;
          }
          const seconds = (now.getTime() - startedAt.getTime()) / 1000;
          registry.set("langfuse_sync_duration_seconds", seconds);
          if (event.exitCode === 0) {
            registry.increase("langfuse_sync_success_total");
            registry.set("langfuse_sync_last_success_timestamp_seconds", now.getTime() / 1000);
          } else registry.increase("langfuse_sync_failure_total", { exit_code: String(event.exitCode) });
        }
      }
    },
  };
}

/** @param applied changes that came about since the members were read */
function countMembers(
  registry: MetricsRegistry,
  { organization: { rules }, state }: Decision,
  applied: Decision["plan"]["changes"],
): void {
  const roles = new Map(state.members.map(({ userId, role }) => [userId, isRole(role) ? role : "other"]));
  for (const { kind, userId, email, to, project } of applied) {
    if (project !== undefined) continue;
    if (kind === "remove-member") roles.delete(userId ?? "");
    else roles.set(userId ?? email, to);
  }
  for (const role of [...ROLES, "other"]) {
    const number = [...roles.values()].filter((one) => one === role).length;
    if (role === "other" && number === 0) continue;
    registry.set("langfuse_sync_members", number, { organization: rules.organization, role });
  }
}
