import { expect, it } from "vitest";
import { LoginProxy } from "#components/kubernetes/login-proxy.ts";
import { SyncCronJob } from "#components/kubernetes/sync-cron-job.ts";
import { deploy, type Registered } from "../deployment.ts";
import { syncArgs } from "./sync-declaration.ts";

type Labels = Readonly<Record<string, string>>;

const monitoring = ["monitoring"];
const everything = () => {
  const { serving } = new SyncCronJob("sync", {
    ...syncArgs(),
    alerts: { enabled: true, staleAfter: 30 },
    webhook: { enabled: true, memory: 192, generation: 1, namespaces: monitoring },
    networkPolicy: { enabled: true, apiServers: [] },
  });
  const settings = { replicas: 2, memory: 192, budget: 1_500, mode: "pass", timeout: 60_000, namespaces: monitoring };
  return new LoginProxy("proxy", { ...serving, ...settings, upstream: "http://langfuse.lf.svc:3000" });
};

const specOf = (resources: readonly Registered[], type: string, name: string) => {
  const found = resources.find((one) => one.type.endsWith(`:${type}`) && one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found.inputs.spec;
};

it.each(["sync-webhook", "proxy"])("the PodMonitor of %s leads to a port that is open to Prometheus", async (name) => {
  const { resources } = await deploy(everything);
  const { selector, podMetricsEndpoints } = specOf(resources, "PodMonitor", `${name}-pod-monitor`) as {
    selector: { matchLabels: Labels };
    podMetricsEndpoints: readonly { port: string }[];
  };
  const { template } = specOf(resources, "Deployment", `${name}-deployment`) as {
    template: {
      metadata: { labels: Labels };
      spec: { containers: readonly [{ ports: readonly { name: string; containerPort: number }[] }] };
    };
  };
  expect(template.metadata.labels).toEqual(selector.matchLabels);
  const wanted = podMetricsEndpoints.map(({ port }) => port);
  const ports = template.spec.containers[0].ports.flatMap((port) =>
    wanted.includes(port.name) ? [port.containerPort] : [],
  );
  expect(ports).toHaveLength(1);
  const policy = specOf(resources, "NetworkPolicy", `${name}-network-policy`) as {
    podSelector: { matchLabels: Labels };
    ingress: readonly { from: readonly object[]; ports: readonly { port: number }[] }[];
  };
  expect(policy.podSelector.matchLabels).toEqual(selector.matchLabels);
  const open = policy.ingress.flatMap((rule) => rule.ports.map(({ port }) => port));
  expect(open).toEqual(expect.arrayContaining(ports));
  expect(policy.ingress.flatMap(({ from }) => from)).toEqual([
    { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } },
  ]);
});
