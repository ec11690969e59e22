import * as pulumi from "@pulumi/pulumi";
import type { RotationPolicy } from "./key-rotation.ts";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/langfuse/connection.ts")).configure(config),
  check: async (_olds, news) => (await import("#components/langfuse/organization-api-key-lifecycle.ts")).check(news),
  diff: async (_id, olds, news) =>
    (await import("#components/langfuse/organization-api-key-lifecycle.ts")).diff(olds, news),
  create: async (inputs) => (await import("#components/langfuse/organization-api-key-lifecycle.ts")).create(inputs),
  read: async (id, props) => (await import("#components/langfuse/organization-api-key-lifecycle.ts")).read(id, props),
  update: async (_id, olds, news) =>
    (await import("#components/langfuse/organization-api-key-lifecycle.ts")).update(news, olds),
  delete: async (_id, props) => (await import("#components/langfuse/organization-api-key-lifecycle.ts")).remove(props),
};

export interface OrganizationApiKeyArgs extends RotationPolicy {
  readonly organizationId: pulumi.Input<string>;
  /** Shown in Langfuse beside the key, and how a key is recognised whose creation a run did not see end. */
  readonly note: pulumi.Input<string>;
}

/**
 * A key pair of a whole organization, whose secret is known to the stack's state alone. It rotates in place, with an
 * overlap in which the former pair still works. Its id is that of its first pair.
 */
export class OrganizationApiKey extends pulumi.dynamic.Resource {
  declare readonly publicKey: pulumi.Output<string>;
  declare readonly secretKey: pulumi.Output<string>;

  constructor(name: string, args: OrganizationApiKeyArgs, options?: pulumi.CustomResourceOptions) {
    const secret = { hideDiffs: ["__provider"], additionalSecretOutputs: ["secretKey"] };
    const outputs = { publicKey: undefined, secretKey: undefined };
    const all = pulumi.mergeOptions(options, secret);
    super(provider, name, { ...outputs, ...args }, all, "langfuse", "OrganizationApiKey");
  }
}
