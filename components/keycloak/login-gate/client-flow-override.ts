import * as pulumi from "@pulumi/pulumi";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/keycloak/connection.ts")).configure(config),
  diff: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/client-flow-override-lifecycle.ts")).diff(olds, news),
  create: async (inputs) =>
    (await import("#components/keycloak/login-gate/client-flow-override-lifecycle.ts")).create(inputs),
  read: async (id, props) =>
    (await import("#components/keycloak/login-gate/client-flow-override-lifecycle.ts")).read(id, props),
  update: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/client-flow-override-lifecycle.ts")).update(olds, news),
  delete: async (_id, props) =>
    (await import("#components/keycloak/login-gate/client-flow-override-lifecycle.ts")).remove(props),
};

export interface ClientFlowOverrideArgs {
  /** Name of the realm. */
  readonly realm: pulumi.Input<string>;
  /** Internal id (UUID) of a client that others own. */
  readonly client: pulumi.Input<string>;
  /** Id of the flow that browser logins to this client run. */
  readonly flowId: pulumi.Input<string>;
}

/**
 * Lets one client run a browser flow of its own, and leaves everything else of it, and of the realm, as it is; deletion
 * sets what was there before. The stock resource wants to own the whole client.
 */
export class ClientFlowOverride extends pulumi.dynamic.Resource {
  constructor(name: string, args: ClientFlowOverrideArgs, options?: pulumi.CustomResourceOptions) {
    const all = { ...options, hideDiffs: ["__provider"] };
    super(provider, name, { former: undefined, own: undefined, ...args }, all, "keycloak", "ClientFlowOverride");
  }
}
