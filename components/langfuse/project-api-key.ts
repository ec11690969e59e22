import * as pulumi from "@pulumi/pulumi";
import type { RotationPolicy } from "./key-rotation.ts";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/langfuse/connection.ts")).configure(config),
  check: async (olds, news) => (await import("#components/langfuse/project-api-key-lifecycle.ts")).check(olds, news),
  diff: async (_id, olds, news) => (await import("#components/langfuse/project-api-key-lifecycle.ts")).diff(olds, news),
  create: async (inputs) => (await import("#components/langfuse/project-api-key-lifecycle.ts")).create(inputs),
  read: async (id, props) => (await import("#components/langfuse/project-api-key-lifecycle.ts")).read(id, props),
  update: async (_id, olds, news) =>
    (await import("#components/langfuse/project-api-key-lifecycle.ts")).update(news, olds),
  delete: async (_id, props) => (await import("#components/langfuse/project-api-key-lifecycle.ts")).remove(props),
};

export interface ProjectApiKeyArgs extends RotationPolicy {
  readonly organizationId: pulumi.Input<string>;
  readonly projectId: pulumi.Input<string>;
  /** Who uses the key. */
  readonly service: string;
  /** Where that runs, such as `production`. */
  readonly environment: string;
  /** See `OrganizationArgs.managedBy`. */
  readonly managedBy: string;
  /** Random text of at least 32 characters that the pairs are made from; another one makes another pair at once. */
  readonly seed: pulumi.Input<string>;
  /** Key of the organization. A new one is no change: what works with the stored one finds its successor. */
  readonly organizationPublicKey: pulumi.Input<string>;
  readonly organizationSecretKey: pulumi.Input<string>;
}

/**
 * The key pair of one service in one environment. It rotates in place, with an overlap in which the former pair still
 * works. Its id is `project/service/environment`.
 */
export class ProjectApiKey extends pulumi.dynamic.Resource {
  declare readonly publicKey: pulumi.Output<string>;
  declare readonly secretKey: pulumi.Output<string>;

  constructor(name: string, args: ProjectApiKeyArgs, options?: pulumi.CustomResourceOptions) {
    const secret = {
      hideDiffs: ["__provider"],
      additionalSecretOutputs: ["secretKey", "seed", "organizationSecretKey"],
    };
    const outputs = { publicKey: undefined, secretKey: undefined };
    const all = pulumi.mergeOptions(options, secret);
    super(provider, name, { ...outputs, ...args }, all, "langfuse", "ProjectApiKey");
  }
}
