import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface PodMonitorArgs {
  readonly metadata: kubernetes.types.input.meta.v1.ObjectMeta;
  /** Labels of the pods, which are in the same namespace. */
  readonly pods: Readonly<Record<string, string>>;
  /** Name of the port that has `/metrics`. */
  readonly port: string;
}

/**
 * Has Prometheus ask each pod for its figures, ready or not, by an object of the Prometheus operator, whose definition the
 * cluster must have. What it reads gets the labels `namespace` and `pod`.
 */
export function podMonitor(
  name: string,
  { metadata, pods, port }: PodMonitorArgs,
  options: pulumi.CustomResourceOptions,
): kubernetes.apiextensions.CustomResource {
  return new kubernetes.apiextensions.CustomResource(
    `${name}-pod-monitor`,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PodMonitor",
      metadata,
      spec: { selector: { matchLabels: pods }, podMetricsEndpoints: [{ port, path: "/metrics" }] },
    },
    options,
  );
}
