import type { RunEvent } from "../safeguards.ts";
import { checkPublication, publish, publishedSeries } from "./publication.ts";
import { MetricsRegistry, type Series } from "./registry.ts";
import { countRequests } from "./requests.ts";
import { type RunMetrics, runMetrics } from "./run-metrics.ts";

/** The figures of one run, for whoever collects them. */
export interface RunFigures {
  observe(event: RunEvent): Promise<void>;
  /** What the next run needs, at the end of this one; `before` where nobody collects figures. */
  kept(before: Series): Series;
  /** @returns what went wrong: nothing of it makes a run fail */
  publish(): Promise<readonly string[]>;
}

export interface RunFiguresOptions {
  readonly file: string | undefined;
  readonly pushgatewayUrl: string | undefined;
  /** Label `instance` of what is pushed. */
  readonly instance: string;
  /** Name of each server by its address. */
  readonly targets: Readonly<Record<string, string>>;
  /** What the state kept of earlier runs. */
  readonly before: () => Promise<Series>;
}

/** @throws AccessError `usage` for a file or an address that nobody can use */
export function runFigures(options: RunFiguresOptions): RunFigures {
  const { file, pushgatewayUrl, targets, before } = options;
  checkPublication(options);
  const startedAt = new Date();
  const isWanted = file !== undefined || pushgatewayUrl !== undefined;
  const requests: { readonly target: string; readonly status: string }[] = [];
  let stopCounting = () => {};
  let registry: MetricsRegistry | undefined;
  let metrics: RunMetrics | undefined;
  return {
    observe: async (event) => {
      if (!isWanted) return;
      if (metrics === undefined) {
        const remembered = await before();
        stopCounting = countRequests(targets, (target, status) => requests.push({ target, status: String(status) }));
        registry = new MetricsRegistry(Object.keys(remembered).length > 0 ? remembered : publishedSeries(file));
        metrics = runMetrics(registry, startedAt);
      }
      metrics.observe(event, new Date());
    },
    kept: (known) => {
      stopCounting();
      for (const labels of requests.splice(0)) registry?.increase("langfuse_sync_requests_total", labels);
      return registry?.kept() ?? known;
    },
    publish: async () => (registry === undefined ? [] : await publish(registry, options)),
  };
}
