import type * as kubernetes from "@pulumi/kubernetes";

export interface SyncScheduleArgs {
  /** Cron schedule in UTC. */
  readonly schedule: string;
  /** Stops new runs without removing anything. */
  readonly suspend: boolean;
  /** Pods that share the organizations of a run. */
  readonly shards: number;
  /** How many of them run at the same time; all by default. */
  readonly parallelism?: number | undefined;
}

/** A run must end before the next but one is due, in seconds. */
const DEADLINE = 280;

/** When pods of this template run, and what becomes of them. */
export function syncSchedule(
  { schedule, suspend, shards, parallelism = shards }: SyncScheduleArgs,
  template: kubernetes.types.input.core.v1.PodTemplateSpec,
): kubernetes.types.input.batch.v1.CronJobSpec {
  // The next scheduled run is the retry: it reads the world again instead of repeating an old decision.
  const sharing =
    shards === 1
      ? { backoffLimit: 0 }
      : // A limit for the whole Job would end the other shards at the first one that is refused.
        { completionMode: "Indexed", completions: shards, parallelism, backoffLimitPerIndex: 0 };
  return {
    schedule,
    timeZone: "Etc/UTC",
    suspend,
    // A second run beside it would only find the lease taken.
    concurrencyPolicy: "Forbid",
    startingDeadlineSeconds: 120,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 3,
    jobTemplate: {
      metadata: template.metadata,
      spec: { ...sharing, activeDeadlineSeconds: DEADLINE, template },
    },
  };
}
