import { type Family, METRICS, type MetricName } from "./catalog.ts";

/** Values by series, such as `langfuse_sync_members{organization="a",role="OWNER"}`. */
export type Series = Readonly<Record<string, number>>;

type Labels = Readonly<Record<string, string>>;

/** The figures of one process, in the text format of Prometheus (version 0.0.4). */
export class MetricsRegistry<Name extends string = MetricName> {
  readonly #values: Map<string, number>;
  readonly #families: Readonly<Record<Name, Family>>;

  /**
   * @param kept what an earlier process left; anything this version does not keep is dropped
   * @param families what there is; by default the figures of runs
   */
  constructor(kept: Series = {}, families: Readonly<Record<string, Family>> = METRICS) {
    this.#values = new Map(Object.entries(kept).filter(([series]) => isKept(series)));
    this.#families = families;
  }

  increase(name: Name, labels: Labels = {}, by = 1): void {
    const series = seriesOf(name, this.#families[name], labels);
    this.#values.set(series, (this.#values.get(series) ?? 0) + by);
  }

  set(name: Name, value: number, labels: Labels = {}): void {
    this.#values.set(seriesOf(name, this.#families[name], labels), value);
  }

  /** What the next process must be given so that counters go on, and so that a failed run does not hide the last success. */
  kept(): Series {
    return Object.fromEntries(this.#sorted().filter(([series]) => isKept(series)));
  }

  text(): string {
    const families = Object.entries<Family>(this.#families).flatMap(([name, { type, help }]) => {
      const lines = this.#sorted().filter(([series]) => nameOf(series) === name);
      if (lines.length === 0) return [];
      return [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...lines.map(([series, value]) => `${series} ${value}`),
      ];
    });
    return families.length === 0 ? "" : `${families.join("\n")}\n`;
  }

  #sorted(): [string, number][] {
    return [...this.#values].toSorted(([left], [right]) => (left < right ? -1 : 1));
  }
}

/** Values in a text that `MetricsRegistry` wrote; lines of anything else are passed over. */
export function parseSeries(text: string): Series {
  const series = text.split("\n").flatMap((line) => {
    const cut = line.lastIndexOf(" ");
    const value = Number(line.slice(cut + 1));
    return cut > 0 && !line.startsWith("#") && Number.isFinite(value) ? [[line.slice(0, cut), value] as const] : [];
  });
  return Object.fromEntries(series);
}

function seriesOf(name: string, family: Family, labels: Labels): string {
  const pairs = family.labels.map((label) => `${label}="${escaped(labels[label] ?? "")}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function nameOf(series: string): string {
  return series.split("{", 1)[0] ?? "";
}

function isKept(series: string): boolean {
  const [name, family] = Object.entries(METRICS).find(([one]) => one === nameOf(series)) ?? [];
  return family?.type === "counter" || name === LAST_SUCCESS;
}

const LAST_SUCCESS: MetricName = "langfuse_sync_last_success_timestamp_seconds";
