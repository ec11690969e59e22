import { expect, it } from "vitest";
import { parseSeries } from "#sync/metrics/registry.ts";
import { createWebhookFigures, WEBHOOK_METRICS } from "#sync/webhook/figures.ts";

const quiet = { isReady: true, waiting: 0, oldest: 0 };

it("every counter is there before anything is counted, so that the first time is an increase", () => {
  const series = parseSeries(createWebhookFigures(new Date(7_500)).text(quiet));
  for (const [name, { type }] of Object.entries(WEBHOOK_METRICS)) {
    const values = Object.entries(series).flatMap(([one, value]) => (one.split("{")[0] === name ? [value] : []));
    if (type === "counter") expect(new Set(values)).toEqual(new Set([0]));
  }
  expect(series).toMatchObject({
    'langfuse_sync_webhook_requests_total{outcome="401"}': 0,
    'langfuse_sync_webhook_left_total{reason="given-up"}': 0,
    'langfuse_sync_webhook_runs_total{scope="everybody",outcome="failed"}': 0,
    langfuse_sync_webhook_start_timestamp_seconds: 7.5,
  });
});

it("what is so at the moment is told in seconds, and what has happened is counted", () => {
  const figures = createWebhookFigures(new Date(0));
  figures.countRequest("accepted");
  figures.countRequest(401);
  figures.countRun("people", "failed", 1_250);
  figures.countLeft("given-up", 3);
  expect(parseSeries(figures.text({ isReady: false, waiting: 2, oldest: 90_500 }))).toMatchObject({
    'langfuse_sync_webhook_requests_total{outcome="accepted"}': 1,
    'langfuse_sync_webhook_requests_total{outcome="401"}': 1,
    'langfuse_sync_webhook_runs_total{scope="people",outcome="failed"}': 1,
    'langfuse_sync_webhook_duration_seconds{scope="people"}': 1.25,
    'langfuse_sync_webhook_left_total{reason="given-up"}': 3,
    langfuse_sync_webhook_ready: 0,
    langfuse_sync_webhook_waiting: 2,
    langfuse_sync_webhook_oldest_hint_seconds: 90.5,
  });
  expect(figures.text(quiet)).toContain("langfuse_sync_webhook_ready 1\n");
});
