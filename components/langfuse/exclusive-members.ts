import * as pulumi from "@pulumi/pulumi";
import type { GuardSettings } from "#sync/guard/limits.ts";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) =>
    (await import("#components/langfuse/exclusive-members-lifecycle.ts")).configure(config),
  check: async (olds, news) => (await import("#components/langfuse/exclusive-members-lifecycle.ts")).check(olds, news),
  diff: async (_id, olds, news) =>
    (await import("#components/langfuse/exclusive-members-lifecycle.ts")).diff(olds, news),
  create: async (inputs) => (await import("#components/langfuse/exclusive-members-lifecycle.ts")).create(inputs),
  read: async (id, props) => (await import("#components/langfuse/exclusive-members-lifecycle.ts")).read(id, props),
  update: async (_id, _olds, news) =>
    (await import("#components/langfuse/exclusive-members-lifecycle.ts")).update(news),
};

export interface ExclusiveMembersArgs {
  readonly organizationId: pulumi.Input<string>;
  /** Realm whose people are left to the sync. */
  readonly realm: string;
  /** Addresses of the declared members. */
  readonly declared: readonly string[];
  /** Patterns of addresses that are left alone as well. */
  readonly kept: readonly string[];
  /** How many one update may remove, in the words of the sync's guards. */
  readonly limits: GuardSettings;
  /** Fingerprint of a refused removal that somebody approved. */
  readonly approved?: string;
  /** Key of the organization. */
  readonly publicKey: pulumi.Input<string>;
  readonly secretKey: pulumi.Input<string>;
}

/**
 * Nobody is a member of the organization but those who are declared and those whom Keycloak knows: everybody else is
 * removed, and a preview names them. Deleting this resource removes nobody.
 */
export class ExclusiveMembers extends pulumi.dynamic.Resource {
  constructor(name: string, args: ExclusiveMembersArgs, options?: pulumi.CustomResourceOptions) {
    const secret = { hideDiffs: ["__provider"], additionalSecretOutputs: ["secretKey"] };
    super(provider, name, { ...args }, pulumi.mergeOptions(options, secret), "langfuse", "ExclusiveMembers");
  }
}
