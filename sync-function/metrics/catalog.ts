/** One metric family of the exposition format: `unit` and suffix follow the naming rules of Prometheus. */
export interface Family {
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric of runs. Counters go on from run to run where a state or a metrics file is kept. */
export const METRICS = {
  langfuse_sync_success_total: { type: "counter", help: "Runs that ended with everything applied.", labels: [] },
  langfuse_sync_failure_total: {
    type: "counter",
    help: "Runs that ended otherwise, by exit code: 3 refused, 4 partly applied, 5 not read, 64 misconfigured, 70 defect.",
    labels: ["exit_code"],
  },
  langfuse_sync_person_runs_total: {
    type: "counter",
    help: "Runs about single people that had something to change, by exit code.",
    labels: ["exit_code"],
  },
  langfuse_sync_duration_seconds: { type: "gauge", help: "Length of the last run.", labels: [] },
  langfuse_sync_last_success_timestamp_seconds: {
    type: "gauge",
    help: "End of the last run that applied everything, in seconds since 1970.",
    labels: [],
  },
  langfuse_sync_members: {
    type: "gauge",
    help: "Members of an organization by their role in it, after the last run.",
    labels: ["organization", "role"],
  },
  langfuse_sync_changes_total: {
    type: "counter",
    help: "Changes that were made, by kind.",
    labels: ["organization", "kind"],
  },
  langfuse_sync_refusals_total: {
    type: "counter",
    help: "Plans that a guard refused.",
    labels: ["organization", "guard"],
  },
  langfuse_sync_requests_total: {
    type: "counter",
    help: "Requests by server and HTTP status; 0 where there was no answer.",
    labels: ["target", "status"],
  },
} as const satisfies Record<string, Family>;

export type MetricName = keyof typeof METRICS;
