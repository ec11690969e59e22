import * as pulumi from "@pulumi/pulumi";

// The paths and exported names below are a contract with stored state: refresh and destroy import them again.
const provider: pulumi.dynamic.ResourceProvider = {
  configure: async ({ config }) => (await import("#components/keycloak/connection.ts")).configure(config),
  diff: async (_id, olds, news) =>
    (await import("#components/keycloak/login-gate/gate-check-lifecycle.ts")).diff(olds, news),
  create: async (inputs) => (await import("#components/keycloak/login-gate/gate-check-lifecycle.ts")).create(inputs),
  update: async (_id, _olds, news) =>
    (await import("#components/keycloak/login-gate/gate-check-lifecycle.ts")).update(news),
};

export interface GateCheckArgs {
  /** Name of the realm. */
  readonly realm: pulumi.Input<string>;
  /** The gates that are declared, as JSON. */
  readonly specification: pulumi.Input<string>;
  /** Aliases of the flows that hold them. */
  readonly flows: pulumi.Input<readonly pulumi.Input<string>[]>;
}

/**
 * Reads the realm when the gate stands, and fails the `up` with every finding and its remedy when the gate does not hold.
 * It looks again whenever the gate changes; `gate check` does so at any time.
 */
export class GateCheck extends pulumi.dynamic.Resource {
  constructor(name: string, args: GateCheckArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, { ...options, hideDiffs: ["__provider"] }, "keycloak", "GateCheck");
  }
}
