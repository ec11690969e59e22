import * as pulumi from "@pulumi/pulumi";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/keycloak/connection.ts")).configure(config),
  diff: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/default-scope-lifecycle.ts")).diff(olds, news),
  create: async (inputs) => (await import("#components/keycloak/login-gate/default-scope-lifecycle.ts")).create(inputs),
  read: async (id, props) =>
    (await import("#components/keycloak/login-gate/default-scope-lifecycle.ts")).read(id, props),
  update: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/default-scope-lifecycle.ts")).update(olds, news),
  delete: async (_id, props) =>
    (await import("#components/keycloak/login-gate/default-scope-lifecycle.ts")).remove(props),
};

export interface DefaultScopeArgs {
  /** Name of the realm. */
  readonly realm: pulumi.Input<string>;
  /** Internal id (UUID) of the client. */
  readonly client: pulumi.Input<string>;
  /** Id of the client scope. */
  readonly scopeId: pulumi.Input<string>;
  readonly scopeName: pulumi.Input<string>;
}

/**
 * Makes one client scope a default scope of a client that others own, and touches none of its other scopes. The stock
 * resource is authoritative: it detaches every scope it does not list, and all it lists when it is deleted.
 */
export class DefaultScope extends pulumi.dynamic.Resource {
  constructor(name: string, args: DefaultScopeArgs, options?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { former: undefined, ...args },
      { ...options, hideDiffs: ["__provider"] },
      "keycloak",
      "DefaultScope",
    );
  }
}
