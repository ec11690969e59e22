import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { oneTimeJob } from "./one-time-job.ts";
import { secretData } from "./secret-data.ts";
import { type SyncPodArgs, syncPod } from "./sync-pod.ts";

/** Organizations whose keys are made in the cluster, so that they are in no stack's state. */
export interface BootstrapSettings {
  /** Each with the Secret that gets its key. */
  readonly organizations: readonly { readonly id: string; readonly secretName: string }[];
  /** Address of Langfuse as pods reach it. */
  readonly langfuseUrl: string;
  /** The server's own key; only the pods of the bootstrap get it. */
  readonly adminApiKey: pulumi.Input<string>;
}

export interface KeyBootstrapArgs
  extends BootstrapSettings,
    Pick<SyncPodArgs, "image" | "imagePullPolicy" | "memory" | "program"> {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Makes keys of organizations in Jobs that put them into Secrets, unless they are there. Its account may read these
 * Secrets and create others, since Kubernetes cannot limit that to a name; the runs of the sync have another one.
 */
export class KeyBootstrap extends pulumi.ComponentResource {
  /** What must have ended before the keys are there. */
  readonly jobs: readonly pulumi.Resource[];

  constructor(name: string, args: KeyBootstrapArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:kubernetes:KeyBootstrap", name, {}, options);
    const { namespace, labels, organizations, langfuseUrl, adminApiKey } = args;
    const child = { parent: this };
    const metadata = { name, namespace, labels };
    const account = new kubernetes.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const secret = new kubernetes.core.v1.Secret(
      `${name}-secret`,
      { metadata, data: secretData({ ADMIN_API_KEY: adminApiKey }) },
      child,
    );
    const secrets = { apiGroups: [""], resources: ["secrets"] };
    const role = new kubernetes.rbac.v1.Role(
      `${name}-role`,
      {
        metadata,
        rules: [
          { ...secrets, verbs: ["get"], resourceNames: organizations.map(({ secretName }) => secretName) },
          { ...secrets, verbs: ["create"] },
        ],
      },
      child,
    );
    const binding = new kubernetes.rbac.v1.RoleBinding(
      `${name}-role-binding`,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
      },
      child,
    );
    this.jobs = organizations.map(({ id, secretName }) => {
      const environment = { LANGFUSE_URL: langfuseUrl, LANGFUSE_ORG_ID: id, BOOTSTRAP_SECRET: secretName };
      const spec = syncPod({
        image: args.image,
        imagePullPolicy: args.imagePullPolicy,
        memory: args.memory,
        program: args.program,
        command: ["bootstrap"],
        account: account.metadata.name,
        usesCluster: true,
        environment,
        secret: secret.metadata.name,
        keySecrets: [],
      });
      const template = { metadata: { labels }, spec };
      return oneTimeJob(
        `${name}-${secretName}`,
        { namespace, labels, template, version: JSON.stringify(environment) },
        { ...child, dependsOn: [binding] },
      );
    });
    this.registerOutputs({});
  }
}
