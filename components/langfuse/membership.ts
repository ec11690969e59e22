import * as pulumi from "@pulumi/pulumi";
import type { Role } from "#sync/langfuse/role.ts";
import type { Adoption } from "./adoption.ts";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/langfuse/connection.ts")).configure(config),
  check: async (olds, news) => (await import("#components/langfuse/membership-check.ts")).check(olds, news),
  diff: async (_id, olds, news) => (await import("#components/langfuse/membership-lifecycle.ts")).diff(olds, news),
  create: async (inputs) => (await import("#components/langfuse/membership-lifecycle.ts")).create(inputs),
  read: async (id, props) => (await import("#components/langfuse/membership-lifecycle.ts")).read(id, props),
  update: async (_id, olds, news) => (await import("#components/langfuse/membership-lifecycle.ts")).update(news, olds),
  delete: async (_id, props) => (await import("#components/langfuse/membership-lifecycle.ts")).remove(props),
};

export interface MembershipArgs {
  readonly organizationId: pulumi.Input<string>;
  /** Address of the person; Langfuse stores it in lower case. */
  readonly email: pulumi.Input<string>;
  readonly role: pulumi.Input<Role>;
  /** Own roles in single projects, which take the place of `role` there, also downwards. Other projects are left alone. */
  readonly projectRoles?: readonly { readonly projectId: pulumi.Input<string>; readonly role: Role }[];
  /** Whether somebody who is a member with another role already is taken over; default `never`, which refuses it. */
  readonly adopt?: Adoption;
  /** Key of the organization. A new one is no change: what works with the stored one finds its successor. */
  readonly publicKey: pulumi.Input<string>;
  readonly secretKey: pulumi.Input<string>;
}

/** One declared person in an organization, whom the sync never touches. Its id is `organization/address`. */
export class Membership extends pulumi.dynamic.Resource {
  declare readonly email: pulumi.Output<string>;
  declare readonly role: pulumi.Output<Role>;

  constructor(name: string, args: MembershipArgs, options?: pulumi.CustomResourceOptions) {
    const secret = { hideDiffs: ["__provider"], additionalSecretOutputs: ["secretKey"] };
    super(provider, name, { ...args }, pulumi.mergeOptions(options, secret), "langfuse", "Membership");
  }
}
