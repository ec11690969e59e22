import { parser } from "@prometheus-io/lezer-promql";
import { type Family, METRICS } from "#sync/metrics/catalog.ts";
import { parseSeries } from "#sync/metrics/registry.ts";
import { createProxyFigures, PROXY_METRICS } from "#sync/proxy/figures.ts";
import { createWebhookFigures, WEBHOOK_METRICS } from "#sync/webhook/figures.ts";

type Node = ReturnType<typeof parser.parse>["topNode"];

/** What a Prometheus that asks a pod adds to its figures. */
const SCRAPED = ["namespace", "pod"];

/** Labels of every metric that the program has, by name. */
export const LABELS: ReadonlyMap<string, readonly string[]> = new Map([
  ...labelsOf(METRICS, []),
  ...labelsOf({ ...WEBHOOK_METRICS, ...PROXY_METRICS }, SCRAPED),
]);

/** What a webhook and a proxy show before anything has happened: all counters with all their labels. */
const SERIES = [
  createWebhookFigures(new Date()).text({ isReady: true, waiting: 0, oldest: 0 }),
  createProxyFigures(new Date()).text(),
].flatMap((text) => Object.keys(parseSeries(text)));

/** Names of the metrics in a query. */
export function metricsIn(query: string): readonly string[] {
  const { root, text } = parsed(query);
  return found(root, "VectorSelector").flatMap((selector) => found(selector, "Identifier").map(text));
}

/** What is wrong with a query of a dashboard or an alert: how it is written, and what it asks for that there is not. */
export function problemsOf(query: string): readonly string[] {
  const { root, text } = parsed(query);
  const selectors = found(root, "VectorSelector");
  const wrong = found(root, "⚠").map((node) => `not PromQL at ${node.from}: ${query}`);
  if (selectors.length === 0) wrong.push(`asks for nothing: ${query}`);
  const check = (selector: Node, used: readonly Node[]) => {
    const [name = ""] = found(selector, "Identifier").map(text);
    const labels = LABELS.get(name);
    if (labels === undefined) wrong.push(`no metric: ${name}`);
    const unknown = used.map(text).filter((label) => labels?.includes(label) === false);
    wrong.push(...unknown.map((label) => `no label of ${name}: ${label}`));
  };
  for (const selector of selectors) {
    check(selector, found(selector, "LabelName"));
    wrong.push(...unknownValues(text(selector)));
  }
  for (const aggregate of found(root, "AggregateExpr")) {
    const grouped = found(aggregate, "GroupingLabels").flatMap((group) => found(group, "LabelName"));
    for (const selector of found(aggregate, "VectorSelector")) check(selector, grouped);
  }
  return wrong;
}

/** Values that a selector asks for and that the metric, where its values are known, never has. */
function unknownValues(selector: string): readonly string[] {
  const series = SERIES.filter((one) => one.startsWith(`${selector.split("{")[0]}{`));
  const matchers = [...selector.matchAll(/(\w+)(?:=~|!~|!=|=)"([^"]*)"/g)].filter(
    ([, label = ""]) => series.length > 0 && !SCRAPED.includes(label),
  );
  return matchers.flatMap(([, label, values = ""]) =>
    values
      .split("|")
      .filter((value) => !series.some((one) => one.includes(`${label}="${value}"`)))
      .map((value) => `no value of ${label} in ${selector}: ${value}`),
  );
}

/** @param query may use the variables of Grafana */
function parsed(query: string) {
  const source = query.replaceAll("$__rate_interval", "5m");
  const text = ({ from, to }: Node) => source.slice(from, to);
  return { root: parser.parse(source).topNode, text };
}

/** All of a kind at or below a node; errors are named by a sign. */
function found(node: Node, kind: string): readonly Node[] {
  const all: Node[] = [];
  node.cursor().iterate((at) => {
    if (at.name === kind) all.push(at.node);
  });
  return all;
}

function labelsOf(families: Readonly<Record<string, Family>>, more: readonly string[]) {
  return Object.entries(families).map(([name, { labels }]) => [name, [...labels, ...more]] as const);
}
