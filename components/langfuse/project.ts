import * as pulumi from "@pulumi/pulumi";
import type { Adoption } from "./adoption.ts";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/langfuse/connection.ts")).configure(config),
  check: async (olds, news) => (await import("#components/langfuse/project-lifecycle.ts")).check(olds, news),
  diff: async (id, olds, news) => (await import("#components/langfuse/project-lifecycle.ts")).diff(id, olds, news),
  create: async (inputs) => (await import("#components/langfuse/project-lifecycle.ts")).create(inputs),
  read: async (id, props) => (await import("#components/langfuse/project-lifecycle.ts")).read(id, props),
  update: async (id, olds, news) => (await import("#components/langfuse/project-lifecycle.ts")).update(id, news, olds),
  delete: async (id, props) => (await import("#components/langfuse/project-lifecycle.ts")).remove(id, props),
};

export interface ProjectArgs {
  readonly organizationId: pulumi.Input<string>;
  /** 3 to 60 characters, unique in the organization. */
  readonly name: pulumi.Input<string>;
  /** See `OrganizationArgs.managedBy`. */
  readonly managedBy: pulumi.Input<string>;
  /** Days after which Langfuse deletes traces: 0 for never, or at least 3; left alone by default. */
  readonly retentionDays?: number;
  /** Keys to set; keys that others set stay. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Whether an unmanaged project of that name is taken over; default `never`, which refuses it. */
  readonly adopt?: Adoption;
  /** Key of the organization. A new one is no change: what works with the stored one finds its successor. */
  readonly publicKey: pulumi.Input<string>;
  readonly secretKey: pulumi.Input<string>;
}

/** A Langfuse project. Its id is the project's id. */
export class Project extends pulumi.dynamic.Resource {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: ProjectArgs, options?: pulumi.CustomResourceOptions) {
    const secret = { hideDiffs: ["__provider"], additionalSecretOutputs: ["secretKey"] };
    super(provider, name, { ...args }, pulumi.mergeOptions(options, secret), "langfuse", "Project");
  }
}
