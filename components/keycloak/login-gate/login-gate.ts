import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import { BrowserFlowBinding } from "./browser-flow-binding.ts";
import { DefaultScope } from "./default-scope.ts";
import type { Element, Execution } from "./flow-tree.ts";
import type { GatePlan } from "./gate-plan.ts";

export interface LoginGateArgs {
  /** Name of the realm, which is also its id for the provider. */
  readonly realm: string;
  /** Role that opens the gate; an output of the role's resource, so that the gate never names a role that is not there. */
  readonly role: pulumi.Input<string>;
  readonly plan: GatePlan;
  /** Refuse deletion of what closes the gate. */
  readonly protect: boolean;
}

/**
 * The login gate: a marker scope on Langfuse's client, and a browser flow that refuses people without the role when the
 * client carries the marker. The flow is bound last, when all of it stands, and unbound first.
 */
export class LoginGate extends pulumi.ComponentResource {
  readonly flowAlias: pulumi.Output<string>;
  readonly scopeName: pulumi.Output<string>;
  /** The flow that was bound before, and is bound again when the gate is destroyed. */
  readonly formerFlow: pulumi.Output<string>;

  readonly #args: LoginGateArgs;
  /** Keycloak mixes up siblings that are created side by side (keycloak#17443), so each element waits for the last. */
  #previous: pulumi.Resource[] = [];

  constructor(name: string, args: LoginGateArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:keycloak:LoginGate", name, {}, options);
    this.#args = args;
    const { client, scope: scopeName, tree } = args.plan;
    const scope = new keycloak.openid.ClientScope(
      `${name}-marker`,
      {
        realmId: args.realm,
        name: scopeName,
        description: "Marks clients that admit holders of a role only",
        includeInTokenScope: false,
      },
      { parent: this },
    );
    const link = new DefaultScope(
      `${name}-marker-on-client`,
      { realm: args.realm, client, scopeId: scope.id, scopeName: scope.name },
      { parent: this },
    );
    const flow = new keycloak.authentication.Flow(
      `${name}-flow`,
      { realmId: args.realm, alias: tree.alias, description: tree.description, providerId: "basic-flow" },
      { parent: this, dependsOn: link },
    );
    this.#declare(tree.children, tree.alias, flow.alias);
    const binding = new BrowserFlowBinding(
      `${name}-binding`,
      { realm: args.realm, flow: flow.alias },
      // Unbinding it lets everybody in.
      { parent: this, dependsOn: this.#previous, protect: args.protect },
    );
    this.flowAlias = binding.flow;
    this.scopeName = scope.name;
    this.formerFlow = binding.former;
    this.registerOutputs({ flowAlias: this.flowAlias, scopeName: this.scopeName, formerFlow: this.formerFlow });
  }

  #declare(elements: readonly Element[], parentName: string, parentFlowAlias: pulumi.Input<string>): void {
    for (const element of elements) {
      if (element.kind === "execution") {
        this.#declareExecution(element, parentName, parentFlowAlias);
        continue;
      }
      const subflow = new keycloak.authentication.Subflow(
        element.alias,
        {
          realmId: this.#args.realm,
          parentFlowAlias,
          alias: element.alias,
          providerId: "basic-flow",
          requirement: element.requirement,
          priority: element.priority,
        },
        this.#afterPrevious(),
      );
      this.#previous = [subflow];
      this.#declare(element.children, element.alias, subflow.alias);
    }
  }

  #declareExecution(element: Execution, parentName: string, parentFlowAlias: pulumi.Input<string>): void {
    const execution = new keycloak.authentication.Execution(
      `${parentName}-${element.authenticator}-${element.priority}`,
      {
        realmId: this.#args.realm,
        parentFlowAlias,
        authenticator: element.authenticator,
        requirement: element.requirement,
        priority: element.priority,
      },
      this.#afterPrevious(),
    );
    this.#previous = [execution];
    if (!element.config) return;
    const config = new keycloak.authentication.ExecutionConfig(
      element.config.alias,
      {
        realmId: this.#args.realm,
        executionId: execution.id,
        alias: element.config.alias,
        config: this.#withReferences(element.config.values),
      },
      this.#afterPrevious(),
    );
    this.#previous = [config];
  }

  /** The role's name comes from its resource: the condition must not exist before the role does. */
  #withReferences(values: Readonly<Record<string, string>>): Record<string, pulumi.Input<string>> {
    const entries = Object.entries(values).map(([key, value]) => [
      key,
      key === "condUserRole" ? this.#args.role : value,
    ]);
    return Object.fromEntries(entries);
  }

  #afterPrevious(): pulumi.CustomResourceOptions {
    return { parent: this, dependsOn: this.#previous };
  }
}
