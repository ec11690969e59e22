import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { secretData } from "./secret-data.ts";
import { type SyncServing, syncServer } from "./sync-server.ts";

export interface WebhookReceiverArgs extends SyncServing {
  /** MiB that the container may use. */
  readonly memory: number;
  /** Generation of the secret, from 1: a higher one makes another secret, beside which the one before stays good. */
  readonly generation: number;
  /** Namespaces that events come from and whose Prometheus may ask for figures; all of them if empty. */
  readonly namespaces: readonly string[];
}

const PORT = 8080;
const COMPONENT = "webhook";
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
    const { namespace, generation, memory } = args;
    const child = { parent: this };
    const labels = { ...args.labels, "app.kubernetes.io/component": COMPONENT };
    const metadata = { name, namespace, labels };
    const secretOf = (number: number) =>
      new random.RandomPassword(`${name}-secret-${number}`, { length: SECRET_LENGTH, special: false }, child).result;
    const current = secretOf(generation);
    const values = {
      WEBHOOK_SECRET: current,
      ...(generation > 1 && { WEBHOOK_PREVIOUS_SECRET: secretOf(generation - 1) }),
    };
    const secret = new kubernetes.core.v1.Secret(`${name}-secret`, { metadata, data: secretData(values) }, child);
    const serves = { port: PORT, secret: secret.metadata.name };
    const service = syncServer(
      name,
      {
        ...args,
        component: COMPONENT,
        replicas: args.suspend ? 0 : 1,
        ports: { http: PORT },
        pod: args.pod({ command: ["serve", "webhook"], serves, memory }),
        version: pulumi.interpolate`${args.version}-${generation}`,
      },
      child,
    );
    this.url = pulumi.interpolate`http://${service.metadata.name}.${service.metadata.namespace}.svc/webhook`;
    this.secret = pulumi.secret(current);
    this.registerOutputs({ url: this.url });
  }
}
