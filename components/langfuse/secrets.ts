import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

export interface LangfuseSecretsArgs {
  /** Namespace that exists when the Secret is created. */
  readonly namespace: pulumi.Input<string>;
  /** Refuse deletion of what makes stored data readable. */
  readonly protect: boolean;
}

/**
 * The secrets a Langfuse server cannot do without, in a Kubernetes Secret under the names its Helm chart and container
 * read. They are made once and never change by themselves: with another SALT every API key stops working, with another
 * ENCRYPTION_KEY stored provider credentials are lost.
 */
export class LangfuseSecrets extends pulumi.ComponentResource {
  readonly secretName: pulumi.Output<string>;

  constructor(name: string, args: LangfuseSecretsArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:langfuse:LangfuseSecrets", name, {}, options);
    const child = { parent: this };
    // A lost salt or encryption key cannot be made again.
    const lasting = { parent: this, protect: args.protect };
    const session = new random.RandomPassword(`${name}-nextauth-secret`, { length: 48, special: false }, child);
    const salt = new random.RandomPassword(`${name}-salt`, { length: 48, special: false }, lasting);
    const encryptionKey = new random.RandomBytes(`${name}-encryption-key`, { length: 32 }, lasting);
    const secret = new kubernetes.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: { name, namespace: args.namespace },
        stringData: {
          NEXTAUTH_SECRET: session.result,
          SALT: salt.result,
          // 256 bits as 64 hexadecimal digits, the form Langfuse expects.
          ENCRYPTION_KEY: encryptionKey.hex,
        },
      },
      child,
    );
    this.secretName = secret.metadata.name;
    this.registerOutputs({ secretName: this.secretName });
  }
}
