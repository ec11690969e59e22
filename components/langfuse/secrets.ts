import { createHmac } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { secretData } from "../kubernetes/secret-data.ts";
import { helmValues } from "./helm-values.ts";
import { LastingSecret } from "./lasting-secret.ts";
import type { ServerSettings } from "./server-settings.ts";

export interface LangfuseSecretsArgs {
  /** Namespace of the server, which exists when the Secret is created. */
  readonly namespace: pulumi.Input<string>;
  /** Secret of the installation, in the same namespace, whose values are taken over. */
  readonly existingSecret?: ServerSettings["existingSecret"];
  /** Raised by one, NEXTAUTH_SECRET is made anew and every session ends. */
  readonly sessionGeneration: number;
  /** Further environment of the server, by variable. */
  readonly plain: Readonly<Record<string, pulumi.Input<string>>>;
  /** The same for what is secret. */
  readonly secret: Readonly<Record<string, pulumi.Input<string>>>;
  /** Refuse deletion of what makes stored data readable. */
  readonly protect: boolean;
}

/** Name of the ConfigMap beside the Secret. */
const SETTINGS = "langfuse-settings";

/**
 * What a Langfuse server is set up with: the secrets it cannot do without in a Kubernetes Secret, its settings in a
 * ConfigMap, both under the names of its environment, and the same as values of its Helm chart. The secrets are made or
 * taken over once and never change by themselves: with another SALT every API key stops working, with another
 * ENCRYPTION_KEY stored provider credentials are lost.
 */
export class LangfuseSecrets extends pulumi.ComponentResource {
  readonly secretName: pulumi.Output<string>;
  readonly settingsName: pulumi.Output<string>;
  /** For the official chart; without secrets, which it refers to by name. */
  readonly helmValues: pulumi.Output<Record<string, unknown>>;
  /** Changes with any of the values and tells nothing of them; as an annotation it makes Kubernetes start new pods. */
  readonly checksum: pulumi.Output<string>;

  constructor(name: string, args: LangfuseSecretsArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:langfuse:LangfuseSecrets", name, {}, options);
    const secrets = { ...lastingSecrets(name, args, this), ...args.secret };
    const { namespace, plain } = args;
    const isOurs = args.existingSecret?.name !== name;
    const secret = new kubernetes.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: { name, namespace },
        data: secretData(secrets),
      },
      // What was there before this stack stays when the stack goes.
      { parent: this, retainOnDelete: !isOurs },
    );
    const settings = new kubernetes.core.v1.ConfigMap(
      `${name}-settings`,
      { metadata: { name: SETTINGS, namespace }, data: { ...plain } },
      { parent: this },
    );
    this.secretName = secret.metadata.name;
    this.settingsName = settings.metadata.name;
    this.checksum = pulumi.unsecret(pulumi.output({ secrets, plain }).apply(checksumOf));
    this.helmValues = pulumi
      .output({ plain, name: this.secretName, checksum: this.checksum })
      .apply((known) => helmValues(known.plain, { name: known.name, keys: Object.keys(secrets) }, known.checksum));
    this.registerOutputs({ secretName: this.secretName, settingsName: this.settingsName });
  }
}

/** The three that the server's data depends on. */
function lastingSecrets(
  name: string,
  { namespace, existingSecret, sessionGeneration, protect }: LangfuseSecretsArgs,
  parent: pulumi.Resource,
): Record<string, pulumi.Output<string>> {
  const child = { parent };
  // A lost salt or encryption key cannot be made again.
  const lasting = { parent, protect };
  // A first generation without keepers leaves the secrets of older stacks as they are.
  const keepers = sessionGeneration > 1 ? { keepers: { generation: String(sessionGeneration) } } : {};
  const password = { length: 48, special: false };
  const session = new random.RandomPassword(`${name}-nextauth-secret`, { ...password, ...keepers }, child);
  const salt = new random.RandomPassword(`${name}-salt`, password, lasting);
  const encryptionKey = new random.RandomBytes(`${name}-encryption-key`, { length: 32 }, lasting);
  const taken = existingSecret && takenFrom(`${name}-existing`, existingSecret, namespace, parent);
  const keep = (variable: string, made: pulumi.Output<string>, found?: pulumi.Output<string>, generation?: number) =>
    new LastingSecret(
      `${name}-${variable.toLowerCase().replaceAll("_", "-")}-value`,
      {
        variable,
        value: pulumi.secret(found ?? made),
        isTaken: found !== undefined,
        ...(found && existingSecret?.replaceKept ? { mayReplace: true } : {}),
        ...(generation === undefined ? {} : { generation }),
      },
      generation === undefined ? lasting : child,
    ).value;
  return {
    // The session secret of an installation is worth keeping until somebody wants the sessions to end.
    NEXTAUTH_SECRET: keep(
      "NEXTAUTH_SECRET",
      session.result,
      sessionGeneration > 1 ? undefined : taken?.nextauthSecret,
      sessionGeneration,
    ),
    SALT: keep("SALT", salt.result, taken?.salt),
    // 256 bits as 64 hexadecimal digits, the form Langfuse expects.
    ENCRYPTION_KEY: keep("ENCRYPTION_KEY", encryptionKey.hex, taken?.encryptionKey),
  };
}

type Taken = Record<"nextauthSecret" | "salt" | "encryptionKey", pulumi.Output<string>>;

/** The values of an installation; a key that its Secret lacks is empty, and refused where it is kept. */
function takenFrom(
  name: string,
  { name: secretName, keys }: NonNullable<ServerSettings["existingSecret"]>,
  namespace: pulumi.Input<string>,
  parent: pulumi.Resource,
): Taken {
  const id = pulumi.interpolate`${namespace}/${secretName}`;
  const { data } = kubernetes.core.v1.Secret.get(name, id, { parent });
  const value = (key: string) =>
    pulumi.secret(data).apply((encodedValues) => Buffer.from(encodedValues?.[key] ?? "", "base64").toString());
  return {
    nextauthSecret: value(keys.nextauthSecret),
    salt: value(keys.salt),
    encryptionKey: value(keys.encryptionKey),
  };
}

/** Keyed with the salt, which nobody can guess, so that it gives no clue to a client secret that somebody could. */
function checksumOf(values: { secrets: Record<string, string>; plain: Record<string, string> }): string {
  const { SALT: salt = "" } = values.secrets;
  const entries = [values.secrets, values.plain].map((record) => Object.entries(record).sort());
  return createHmac("sha256", salt).update(JSON.stringify(entries)).digest("hex").slice(0, 16);
}
