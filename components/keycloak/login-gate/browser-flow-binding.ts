import * as pulumi from "@pulumi/pulumi";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/keycloak/connection.ts")).configure(config),
  diff: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/browser-flow-binding-lifecycle.ts")).diff(olds, news),
  create: async (inputs) =>
    (await import("#components/keycloak/login-gate/browser-flow-binding-lifecycle.ts")).create(inputs),
  read: async (id, props) =>
    (await import("#components/keycloak/login-gate/browser-flow-binding-lifecycle.ts")).read(id, props),
  update: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/browser-flow-binding-lifecycle.ts")).update(olds, news),
  delete: async (_id, props) =>
    (await import("#components/keycloak/login-gate/browser-flow-binding-lifecycle.ts")).remove(props),
};

export interface BrowserFlowBindingArgs {
  /** Name of the realm. */
  readonly realm: pulumi.Input<string>;
  /** Alias of the flow that browser logins run from now on. */
  readonly flow: pulumi.Input<string>;
  /** Alias of the flow that is bound on deletion when an earlier run bound `flow` already and its answer was lost. */
  readonly fallback: pulumi.Input<string>;
}

/**
 * Binds the realm's browser flow, remembering what was bound before and binding it again on deletion. The stock
 * resource writes the whole realm and puts all seven bindings to the built-in flows when it is deleted.
 */
export class BrowserFlowBinding extends pulumi.dynamic.Resource {
  declare readonly flow: pulumi.Output<string>;
  /** The flow that was bound before. */
  declare readonly former: pulumi.Output<string>;

  constructor(name: string, args: BrowserFlowBindingArgs, options?: pulumi.CustomResourceOptions) {
    const all = { ...options, hideDiffs: ["__provider"] };
    super(provider, name, { former: undefined, own: undefined, ...args }, all, "keycloak", "BrowserFlowBinding");
  }
}
