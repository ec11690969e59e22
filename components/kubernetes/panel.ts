/** A query in PromQL, and how its lines are called. */
type Query = readonly [expr: string, legend: string];

export interface Panel {
  readonly title: string;
  readonly kind: "stat" | "timeseries";
  /** Columns of the 24 that a line has. */
  readonly width: number;
  readonly unit: "s" | "short";
  readonly queries: readonly Query[];
  /** Values from which on it is worth a warning, and an alarm. */
  readonly steps?: readonly [warning: number, alarm: number];
}

/** One number. */
export function stat(title: string, unit: Panel["unit"], query: Query, steps?: Panel["steps"]): Panel {
  return { title, kind: "stat", width: 6, unit, queries: [query], ...(steps && { steps }) };
}

/** What has been counted in a day, where one is worth a look and ten are an alarm. */
export function statOfADay(title: string, series: string, legend: string): Panel {
  return stat(`${title} in a day`, "short", [`sum(increase(${series}[1d])) or vector(0)`, legend], [1, 10]);
}

/** Lines over time. */
export function graph(title: string, unit: Panel["unit"], ...queries: readonly Query[]): Panel {
  return { title, kind: "timeseries", width: 12, unit, queries };
}

/** How much a counter has grown between two points of a graph, by labels. */
export function grown(series: string, by: string): string {
  return `sum by (${by}) (increase(${series}[$__rate_interval]))`;
}
