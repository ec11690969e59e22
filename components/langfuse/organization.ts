import * as pulumi from "@pulumi/pulumi";
import type { Adoption } from "./adoption.ts";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/langfuse/connection.ts")).configure(config),
  check: async (olds, news) => (await import("#components/langfuse/organization-lifecycle.ts")).check(olds, news),
  diff: async (id, olds, news) => (await import("#components/langfuse/organization-lifecycle.ts")).diff(id, olds, news),
  create: async (inputs) => (await import("#components/langfuse/organization-lifecycle.ts")).create(inputs),
  read: async (id, props) => (await import("#components/langfuse/organization-lifecycle.ts")).read(id, props),
  update: async (id, _olds, news) => (await import("#components/langfuse/organization-lifecycle.ts")).update(id, news),
  delete: async (id) => (await import("#components/langfuse/organization-lifecycle.ts")).remove(id),
};

export interface OrganizationArgs {
  /** 3 to 60 characters; Langfuse does not require it to be unique. */
  readonly name: pulumi.Input<string>;
  /** Written into the organization's metadata: how a later run recognises an organization whose creation it did not see end. */
  readonly managedBy: pulumi.Input<string>;
  /** Whether the only unmanaged organization of that name is taken over instead of making a second one; default `never`. */
  readonly adopt?: Adoption;
}

/** A Langfuse organization, made with the server's ADMIN_API_KEY. Its id is the organization's id. */
export class Organization extends pulumi.dynamic.Resource {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: OrganizationArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, { ...options, hideDiffs: ["__provider"] }, "langfuse", "Organization");
  }
}
