import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { secretData } from "./secret-data.ts";
import type { SyncPodArgs } from "./sync-pod.ts";

export interface WebhookReceiverArgs {
  readonly namespace: pulumi.Input<string>;
  /** Of everything that belongs to the sync; its policies hold for these pods as well. */
  readonly labels: Readonly<Record<string, string>>;
  /** Generation of the secret, from 1: a higher one makes another secret, beside which the one before stays good. */
  readonly generation: number;
  /** Runs nothing, and keeps everything. */
  readonly suspend: boolean;
  /** Limits who reaches the pods. */
  readonly isolated: boolean;
  /** Namespaces that events come from and whose Prometheus may ask for figures; all of them if empty. */
  readonly namespaces: readonly string[];
  /** What the pods of the sync have in common, for one that serves. */
  readonly pod: (
    own: Pick<SyncPodArgs, "command" | "serves">,
  ) => kubernetes.types.input.core.v1.PodTemplateSpec["spec"];
  /** Differs when what is in the environment does: a pod takes no notice by itself. */
  readonly version: pulumi.Input<string>;
  /** What must be there before the first run. */
  readonly after: readonly pulumi.Resource[];
}

/** Of the pods; the Service has port 80, which an address need not name. */
const PORT = 8080;
const SECRET_LENGTH = 48;

/**
 * The webhook in the cluster: the same program as the CronJob's, which stays and takes events of Keycloak, behind a Service.
 * It shares lease and state with the CronJob, so that one of them writes at a time.
 */
export class WebhookReceiver extends pulumi.ComponentResource {
  /** Address for Keycloak, as it is within the cluster. */
  readonly url: pulumi.Output<string>;
  /** What Keycloak signs with. */
  readonly secret: pulumi.Output<string>;

  constructor(name: string, args: WebhookReceiverArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:kubernetes:WebhookReceiver", name, {}, options);
    const { namespace, generation, after } = args;
    const child = { parent: this };
    const labels = { ...args.labels, "app.kubernetes.io/component": "webhook" };
    const metadata = { name, namespace, labels };
    const secretOf = (number: number) =>
      new random.RandomPassword(`${name}-secret-${number}`, { length: SECRET_LENGTH, special: false }, child).result;
    const current = secretOf(generation);
    const values = {
      WEBHOOK_SECRET: current,
      ...(generation > 1 && { WEBHOOK_PREVIOUS_SECRET: secretOf(generation - 1) }),
    };
    const secret = new kubernetes.core.v1.Secret(`${name}-secret`, { metadata, data: secretData(values) }, child);
    const service = new kubernetes.core.v1.Service(
      `${name}-service`,
      { metadata, spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: PORT }] } },
      child,
    );
    const policies = args.isolated ? [ingressPolicy(name, metadata, args.namespaces, child)] : [];
    const serves = { port: PORT, secret: secret.metadata.name };
    new kubernetes.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata,
        spec: {
          replicas: args.suspend ? 0 : 1,
          selector: { matchLabels: labels },
          // An event that nobody takes is lost, so the next pod is there before this one ends.
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
          template: {
            metadata: { labels, annotations: { "langfuse-access/version": versionOf(args.version, generation) } },
            spec: args.pod({ command: ["serve", "webhook"], serves }) ?? { containers: [] },
          },
        },
      },
      { ...child, dependsOn: [...after, ...policies] },
    );
    this.url = pulumi.interpolate`http://${service.metadata.name}.${service.metadata.namespace}.svc/webhook`;
    this.secret = pulumi.secret(current);
    this.registerOutputs({ url: this.url });
  }
}

function versionOf(version: pulumi.Input<string>, generation: number): pulumi.Output<string> {
  return pulumi.interpolate`${version}-${generation}`;
}

/** The policy of the sync lets nobody in; this one lets in who sends events, and who asks for figures. */
function ingressPolicy(
  name: string,
  metadata: kubernetes.types.input.meta.v1.ObjectMeta & { readonly labels: Readonly<Record<string, string>> },
  namespaces: readonly string[],
  options: pulumi.CustomResourceOptions,
): kubernetes.networking.v1.NetworkPolicy {
  const from = namespaces.map((namespace) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
  }));
  return new kubernetes.networking.v1.NetworkPolicy(
    `${name}-network-policy`,
    {
      metadata,
      spec: {
        podSelector: { matchLabels: metadata.labels },
        policyTypes: ["Ingress"],
        ingress: [{ ...(from.length > 0 && { from }), ports: [{ protocol: "TCP", port: PORT }] }],
      },
    },
    options,
  );
}
