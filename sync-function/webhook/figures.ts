import type { Family } from "../metrics/catalog.ts";
import { MetricsRegistry } from "../metrics/registry.ts";
import { ADMISSION_OUTCOMES } from "./admission.ts";
import type { Batch } from "./hint-queue.ts";
import { REFUSED_STATUSES } from "./receiver.ts";
import { LEFT_REASONS, type LeftReason, RUN_ENDS, type RunEnd } from "./worker.ts";

/** Every metric of the webhook. */
export const WEBHOOK_METRICS = {
  langfuse_sync_webhook_requests_total: {
    type: "counter",
    help: "Requests to the webhook by what became of them: accepted, ignored, other-realm, repeated, old, dropped with its connection where there were too many, or the HTTP status.",
    labels: ["outcome"],
  },
  langfuse_sync_webhook_runs_total: {
    type: "counter",
    help: "Runs that events led to, about people or everybody, by how they ended.",
    labels: ["scope", "outcome"],
  },
  langfuse_sync_webhook_left_total: {
    type: "counter",
    help: "Hints that were left to the next run about everybody: too many at once, given up, or the process ended.",
    labels: ["reason"],
  },
  langfuse_sync_webhook_waiting: { type: "gauge", help: "People whom events have named and who wait.", labels: [] },
  langfuse_sync_webhook_oldest_hint_seconds: {
    type: "gauge",
    help: "How long what waits longest has not been read, in good order some ten seconds and the length of a run at most; 0 when nothing waits.",
    labels: [],
  },
  langfuse_sync_webhook_duration_seconds: {
    type: "gauge",
    help: "Length of the last run that an event led to.",
    labels: ["scope"],
  },
  langfuse_sync_webhook_ready: {
    type: "gauge",
    help: "1 when both sides have been read once and events may come, otherwise 0.",
    labels: [],
  },
  langfuse_sync_webhook_start_timestamp_seconds: {
    type: "gauge",
    help: "Start of the process, in seconds since 1970.",
    labels: [],
  },
} as const satisfies Record<string, Family>;

/** What can become of a request. */
const REQUEST_OUTCOMES = [...ADMISSION_OUTCOMES, "dropped", ...REFUSED_STATUSES] as const;
type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** The figures of one webhook, since it has begun. */
export interface WebhookFigures {
  countRequest(outcome: RequestOutcome): void;
  countRun(scope: Batch["scope"], end: RunEnd, milliseconds: number): void;
  countLeft(reason: LeftReason, hints: number): void;
  /**
   * In the text format of Prometheus.
   *
   * @param oldest milliseconds for which what waits longest has not been read
   */
  text(now: { readonly isReady: boolean; readonly waiting: number; readonly oldest: number }): string;
}

export function createWebhookFigures(startedAt: Date): WebhookFigures {
  const registry = new MetricsRegistry<keyof typeof WEBHOOK_METRICS>({}, WEBHOOK_METRICS);
  const count = (outcome: RequestOutcome, by = 1) =>
    registry.increase("langfuse_sync_webhook_requests_total", { outcome: String(outcome) }, by);
  // There from the beginning, so that the first of them is an increase.
  for (const outcome of REQUEST_OUTCOMES) count(outcome, 0);
  for (const reason of LEFT_REASONS) registry.increase("langfuse_sync_webhook_left_total", { reason }, 0);
  for (const scope of ["people", "everybody"] satisfies Batch["scope"][]) {
    for (const outcome of RUN_ENDS) registry.increase("langfuse_sync_webhook_runs_total", { scope, outcome }, 0);
  }
  registry.set("langfuse_sync_webhook_start_timestamp_seconds", startedAt.getTime() / 1000);
  return {
    countRequest: (outcome) => count(outcome),
    countRun: (scope, outcome, milliseconds) => {
      registry.increase("langfuse_sync_webhook_runs_total", { scope, outcome });
      registry.set("langfuse_sync_webhook_duration_seconds", milliseconds / 1000, { scope });
    },
    countLeft: (reason, hints) => registry.increase("langfuse_sync_webhook_left_total", { reason }, hints),
    text: ({ isReady, waiting, oldest }) => {
      registry.set("langfuse_sync_webhook_ready", isReady ? 1 : 0);
      registry.set("langfuse_sync_webhook_waiting", waiting);
      registry.set("langfuse_sync_webhook_oldest_hint_seconds", oldest / 1000);
      return registry.text();
    },
  };
}
