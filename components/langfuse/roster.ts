import * as pulumi from "@pulumi/pulumi";
import type { RosterInputs } from "./roster-lifecycle.ts";

// The paths and exported names below are a contract with stored state.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/langfuse/connection.ts")).configure(config),
  check: async (olds, news) => (await import("#components/langfuse/roster-lifecycle.ts")).check(olds, news),
  diff: async () => (await import("#components/langfuse/roster-lifecycle.ts")).diff(),
  create: async () => (await import("#components/langfuse/roster-lifecycle.ts")).create(),
};

export interface RosterArgs extends Omit<RosterInputs, "organizationId"> {
  readonly organizationId: pulumi.Input<string>;
}

/**
 * What is declared in an organization, as the stack remembers it until the next operation. It is nothing in Langfuse: a
 * preview asks no resource that is about to be deleted, and so only this can say in words who and what goes.
 */
export class Roster extends pulumi.dynamic.Resource {
  constructor(name: string, args: RosterArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, { ...options, hideDiffs: ["__provider"] }, "langfuse", "Roster");
  }
}
