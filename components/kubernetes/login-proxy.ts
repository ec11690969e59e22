import * as pulumi from "@pulumi/pulumi";
import { type SyncServing, syncServer } from "./sync-server.ts";

export interface LoginProxyArgs extends SyncServing {
  readonly replicas: number;
  /** MiB that a pod may use. */
  readonly memory: number;
  /** Address of Langfuse as pods reach it. */
  readonly upstream: string;
  /** Milliseconds that a login may take longer. */
  readonly budget: number;
  /** What happens when the role cannot be made sure in that time. */
  readonly mode: string;
  /** Milliseconds of silence after which an answer of Langfuse is given up. */
  readonly timeout: number;
  /** Namespaces that may reach it where that is limited; all of them if empty. */
  readonly namespaces: readonly string[];
}

/** Every path of the first port belongs to Langfuse. */
const PORTS = { http: 8080, operations: 9090 } as const;

/** The proxy before Langfuse: the same program as the CronJob's, which makes the role right at every login. */
export class LoginProxy extends pulumi.ComponentResource {
  /** Address for what leads people to Langfuse, as it is within the cluster. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: LoginProxyArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:kubernetes:LoginProxy", name, {}, options);
    const { memory, upstream, budget, mode, timeout } = args;
    const environment = {
      PROXY_UPSTREAM: upstream,
      PROXY_PORT: `${PORTS.http}`,
      PROXY_OPERATIONS_PORT: `${PORTS.operations}`,
      PROXY_BUDGET: `${budget}`,
      PROXY_MODE: mode,
      PROXY_TIMEOUT: `${timeout}`,
    };
    const serves = { port: PORTS.http, operationsPort: PORTS.operations, environment };
    const service = syncServer(
      name,
      {
        ...args,
        component: "login-proxy",
        ports: PORTS,
        pod: args.pod({ command: ["serve", "proxy"], serves, memory }),
      },
      { parent: this },
    );
    this.url = pulumi.interpolate`http://${service.metadata.name}.${service.metadata.namespace}.svc`;
    this.registerOutputs({ url: this.url });
  }
}
