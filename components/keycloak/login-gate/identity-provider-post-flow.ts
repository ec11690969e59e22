import * as pulumi from "@pulumi/pulumi";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/keycloak/connection.ts")).configure(config),
  diff: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/identity-provider-post-flow-lifecycle.ts")).diff(olds, news),
  create: async (inputs) =>
    (await import("#components/keycloak/login-gate/identity-provider-post-flow-lifecycle.ts")).create(inputs),
  read: async (id, props) =>
    (await import("#components/keycloak/login-gate/identity-provider-post-flow-lifecycle.ts")).read(id, props),
  update: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/identity-provider-post-flow-lifecycle.ts")).update(olds, news),
  delete: async (_id, props) =>
    (await import("#components/keycloak/login-gate/identity-provider-post-flow-lifecycle.ts")).remove(props),
};

export interface IdentityProviderPostFlowArgs {
  /** Name of the realm. */
  readonly realm: pulumi.Input<string>;
  /** Alias of an identity provider that others own. */
  readonly identityProvider: pulumi.Input<string>;
  /** Alias of the flow that runs after every login through it. */
  readonly flow: pulumi.Input<string>;
}

/**
 * The flow that runs after a login through an identity provider, which stays what it is otherwise; deletion sets what was
 * there before. The stock resources want to own the whole identity provider, its secret included.
 */
export class IdentityProviderPostFlow extends pulumi.dynamic.Resource {
  declare readonly flow: pulumi.Output<string>;
  /** The flow that was set before; empty when there was none. */
  declare readonly former: pulumi.Output<string>;

  constructor(name: string, args: IdentityProviderPostFlowArgs, options?: pulumi.CustomResourceOptions) {
    const all = { ...options, hideDiffs: ["__provider"] };
    super(provider, name, { former: undefined, own: undefined, ...args }, all, "keycloak", "IdentityProviderPostFlow");
  }
}
