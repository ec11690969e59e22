import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { podMonitor } from "./pod-monitor.ts";
import { podsOf } from "./sync-network-policy.ts";
import type { SyncPodArgs } from "./sync-pod.ts";

/** What a sync lends to a command of it that stays and is asked things. */
export interface SyncServing {
  readonly namespace: pulumi.Input<string>;
  /** Of everything that belongs to the sync; its policies hold for these pods as well. */
  readonly labels: Readonly<Record<string, string>>;
  /** Runs nothing, and keeps everything. */
  readonly suspend: boolean;
  /** Limits who reaches the pods. */
  readonly isolated: boolean;
  /** By which the Prometheus operator finds what tells it to ask the pods for their figures; nothing tells it without. */
  readonly monitorLabels: Readonly<Record<string, string>> | undefined;
  /** What the pods of the sync have in common, for one that serves. */
  readonly pod: (
    own: Pick<SyncPodArgs, "command" | "serves"> & Partial<Pick<SyncPodArgs, "memory">>,
  ) => kubernetes.types.input.core.v1.PodSpec;
  /** Differs when what is in the environment does: a pod takes no notice by itself. */
  readonly version: pulumi.Input<string>;
  /** What must be there before the first run. */
  readonly after: readonly pulumi.Resource[];
}

export interface SyncServerArgs
  extends Pick<SyncServing, "namespace" | "labels" | "isolated" | "monitorLabels" | "version" | "after"> {
  /** Which part of the sync it is, as a label that tells its pods from all others. */
  readonly component: string;
  readonly replicas: number;
  /** Where it is asked things, and where it is asked how it is if that is another port. */
  readonly ports: { readonly http: number; readonly operations?: number };
  /** Namespaces that may reach it where that is limited; all of them if empty. */
  readonly namespaces: readonly string[];
  readonly pod: kubernetes.types.input.core.v1.PodSpec;
}

/**
 * Pods behind a Service with port 80, which an address need not name. They share lease and state with the CronJob, so that one
 * of all of them writes at a time.
 *
 * @param options names the parent
 * @returns the Service
 */
export function syncServer(
  name: string,
  args: SyncServerArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.core.v1.Service {
  const { namespace, replicas, ports, pod } = args;
  const labels = { ...args.labels, "app.kubernetes.io/component": args.component };
  const metadata = { name, namespace, labels };
  const open = Object.entries(ports).map(([title, port]) => ({ name: title, port }));
  const service = new kubernetes.core.v1.Service(
    `${name}-service`,
    {
      metadata,
      spec: {
        selector: labels,
        ports: open.map((one) => ({ ...one, port: one.name === "http" ? 80 : one.port, targetPort: one.port })),
      },
    },
    options,
  );
  if (args.monitorLabels !== undefined) {
    const found = { name, namespace, labels: args.monitorLabels };
    podMonitor(name, { metadata: found, pods: labels, port: ports.operations ? "operations" : "http" }, options);
  }
  const policies = args.isolated ? [ingressPolicy(name, metadata, args, options)] : [];
  new kubernetes.apps.v1.Deployment(
    `${name}-deployment`,
    {
      metadata,
      spec: {
        replicas,
        selector: { matchLabels: labels },
        // Somebody always answers: the next pod is there before this one ends.
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels, annotations: { "langfuse-access/version": pulumi.output(args.version) } },
          spec: replicas > 1 ? { ...pod, topologySpreadConstraints: [spread(labels)] } : pod,
        },
      },
    },
    { ...options, dependsOn: [...args.after, ...policies] },
  );
  if (replicas > 1) {
    new kubernetes.policy.v1.PodDisruptionBudget(
      `${name}-disruption-budget`,
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
      options,
    );
  }
  return service;
}

/** Over the nodes, as far as there are several. */
function spread(matchLabels: Readonly<Record<string, string>>) {
  const topologyKey = "kubernetes.io/hostname";
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels } };
}

/** The policy of the sync lets nobody in; this one lets in who has to ask something. */
function ingressPolicy(
  name: string,
  metadata: kubernetes.types.input.meta.v1.ObjectMeta & { readonly labels: Readonly<Record<string, string>> },
  { namespaces, ports }: Pick<SyncServerArgs, "namespaces" | "ports">,
  options: pulumi.CustomResourceOptions,
): kubernetes.networking.v1.NetworkPolicy {
  const from = namespaces.map(podsOf);
  return new kubernetes.networking.v1.NetworkPolicy(
    `${name}-network-policy`,
    {
      metadata,
      spec: {
        podSelector: { matchLabels: metadata.labels },
        policyTypes: ["Ingress"],
        ingress: [
          {
            ...(from.length > 0 && { from }),
            ports: Object.values(ports).map((port) => ({ protocol: "TCP", port })),
          },
        ],
      },
    },
    options,
  );
}
