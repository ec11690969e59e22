import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Bed } from "#local/bed/bed.ts";
import { parseSeries } from "#sync/metrics/registry.ts";

const GROUP = "monitoring.coreos.com";

/** Teaches the cluster the kinds of the Prometheus operator, as objects of any shape. */
export async function installMonitoring({ cluster, folder }: Bed): Promise<void> {
  const definitions = ["PrometheusRule", "PodMonitor"].map((kind) => {
    const singular = kind.toLowerCase();
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${singular}s.${GROUP}` },
      spec: {
        group: GROUP,
        scope: "Namespaced",
        names: { kind, singular, plural: `${singular}s` },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    };
  });
  const file = path.join(folder, "monitoring.json");
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: definitions }));
  await cluster.kubectl(["apply", "-f", file]);
  await cluster.kubectl(["wait", "--for=condition=Established", "--timeout=300s", "-f", file]);
}

interface List<Item> {
  readonly items: readonly Item[];
}

interface PodMonitor {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly podMetricsEndpoints: readonly [{ readonly port: string; readonly path: string }];
  };
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: { readonly podIP: string };
  readonly spec: {
    readonly containers: readonly {
      readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    }[];
  };
}

interface PrometheusRule {
  readonly spec: {
    readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
  };
}

/** Names of the metrics that each pod shows which the PodMonitors of a namespace lead to, read as Prometheus would. */
export async function scraped({ cluster }: Bed, namespace: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const listed = async <Item>(...what: string[]) =>
    (JSON.parse(await cluster.kubectl(["get", ...what, "-o", "json", "--namespace", namespace])) as List<Item>).items;
  const figures = new Map<string, readonly string[]>();
  for (const { spec } of await listed<PodMonitor>("podmonitors")) {
    const [{ port, path: where }] = spec.podMetricsEndpoints;
    const selector = Object.entries(spec.selector.matchLabels).map((pair) => pair.join("="));
    for (const pod of await listed<Pod>("pods", "-l", selector.join())) {
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      const open = pod.spec.containers.flatMap(({ ports }) => ports).find(({ name }) => name === port);
      const text = await (await fetch(`http://${pod.status.podIP}:${open?.containerPort}${where}`)).text();
      figures.set(pod.metadata.name, [
        ...new Set(Object.keys(parseSeries(text)).map((one) => one.split("{")[0] ?? "")),
      ]);
    }
  }
  return figures;
}

/** Names of the metrics that the alerts of a namespace go by, by the alert. */
export async function alertMetrics(
  { cluster }: Bed,
  namespace: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await cluster.kubectl(["get", "prometheusrules", "-o", "json", "--namespace", namespace]);
  const rules = (JSON.parse(text) as List<PrometheusRule>).items.flatMap(({ spec }) =>
    spec.groups.flatMap((group) => group.rules),
  );
  return new Map(rules.map(({ alert, expr }) => [alert, expr.match(/\blangfuse_\w+/g) ?? []]));
}
