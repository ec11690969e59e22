import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { secretData } from "../kubernetes/secret-data.ts";
import type { ServiceKey } from "./tenant-args.ts";

export interface ServiceCredentialsArgs {
  /** Namespace of services that name none; it exists when the Secret is created. */
  readonly namespace: pulumi.Input<string>;
  /** Address of Langfuse as the service reaches it. */
  readonly url: string;
  readonly key: ServiceKey;
  /** Makes sure that the key is of its project, and fails the update before anybody gets it; not called by a preview. */
  readonly verify?: (key: VerifiableKey) => Promise<unknown>;
}

/** A key and the project and organization it should be of. */
export interface VerifiableKey {
  readonly publicKey: string;
  readonly secretKey: string;
  readonly projectId: string;
  readonly organizationId: string;
}

/**
 * The key of one service in a Secret, under the names that the SDKs of Langfuse read from the environment: newer ones
 * LANGFUSE_BASE_URL, older ones LANGFUSE_HOST.
 */
export class ServiceCredentials extends pulumi.ComponentResource {
  readonly secretName: pulumi.Output<string>;
  /**
   * Changes with the key and tells nothing of it. As an annotation of a pod template it makes Kubernetes start new pods
   * when the key rotates; without it they would keep the former pair until it ends.
   */
  readonly checksum: pulumi.Output<string>;

  constructor(name: string, args: ServiceCredentialsArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:langfuse:ServiceCredentials", name, {}, options);
    const { key, url } = args;
    this.checksum = key.publicKey.apply((publicKey) => checksumOf(publicKey, url));
    const secret = new kubernetes.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: {
          name: key.secretName,
          namespace: key.namespace ?? args.namespace,
          labels: {
            "app.kubernetes.io/part-of": "langfuse-access",
            "langfuse-access/service": key.service,
            "langfuse-access/environment": key.environment,
          },
          annotations: { "langfuse-access/checksum": this.checksum },
        },
        data: secretData({
          LANGFUSE_PUBLIC_KEY: key.publicKey,
          LANGFUSE_SECRET_KEY: verified(key, args.verify),
          LANGFUSE_PROJECT_ID: key.projectId,
          LANGFUSE_HOST: url,
          LANGFUSE_BASE_URL: url,
        }),
      },
      { parent: this },
    );
    this.secretName = secret.metadata.name;
    this.registerOutputs({ secretName: this.secretName, checksum: this.checksum });
  }
}

function verified(
  { publicKey, secretKey, projectId, organizationId }: ServiceKey,
  verify: ServiceCredentialsArgs["verify"],
): pulumi.Output<string> {
  if (!verify || pulumi.runtime.isDryRun()) return secretKey;
  return pulumi.output({ publicKey, secretKey, projectId, organizationId }).apply(async (key) => {
    await verify(key);
    return key.secretKey;
  });
}

/** The two halves of a pair change together, so the public one is enough. */
export function checksumOf(publicKey: string, url: string): string {
  return createHash("sha256")
    .update(JSON.stringify([publicKey, url]))
    .digest("hex")
    .slice(0, 16);
}
