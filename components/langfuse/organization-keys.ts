import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { secretData } from "../kubernetes/secret-data.ts";
import { type FurtherOrganization, keySecretName } from "../sync-settings.ts";
import { OrganizationApiKey } from "./organization-api-key.ts";

export interface OrganizationKeysArgs {
  readonly namespace: pulumi.Input<string>;
  readonly organizations: readonly Pick<FurtherOrganization, "id" | "secretName">[];
}

/**
 * Key pairs of organizations that this program does not declare but whose roles the sync looks after, each in a Secret.
 * Where a Secret is named, its key is somebody else's.
 */
export class OrganizationKeys extends pulumi.ComponentResource {
  /** Names of the Secrets, those of others too, in the order of the organizations. */
  readonly secretNames: readonly string[];

  constructor(name: string, args: OrganizationKeysArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:langfuse:OrganizationKeys", name, {}, options);
    const child = { parent: this };
    const managedBy = `${pulumi.getProject()}/${pulumi.getStack()}`;
    for (const organization of args.organizations) {
      if (organization.secretName !== undefined) continue;
      const key = new OrganizationApiKey(
        `${name}-${organization.id}`,
        { organizationId: organization.id, note: `role sync, managed by ${managedBy}` },
        child,
      );
      new kubernetes.core.v1.Secret(
        `${name}-${organization.id}-secret`,
        {
          metadata: {
            name: keySecretName(organization),
            namespace: args.namespace,
            labels: { "app.kubernetes.io/part-of": "langfuse-access" },
          },
          data: secretData({ LANGFUSE_PUBLIC_KEY: key.publicKey, LANGFUSE_SECRET_KEY: key.secretKey }),
        },
        child,
      );
    }
    this.secretNames = args.organizations.map(keySecretName);
    this.registerOutputs({});
  }
}
