import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import type { Element, Execution, Flow } from "#sync/gate/flow-tree.ts";
import { BrowserFlowBinding } from "./browser-flow-binding.ts";
import { DefaultScope } from "./default-scope.ts";
import type { GatePlan } from "./gate-plan.ts";
import { IdentityProviderPostFlow } from "./identity-provider-post-flow.ts";

export interface LoginGateArgs {
  /** Name of the realm, which is also its id for the provider. */
  readonly realm: string;
  /** Role that opens the first gate; an output of its resource, so that the gate never names a role that is not there. */
  readonly role: pulumi.Input<string>;
  readonly plan: GatePlan;
  /** Refuse deletion of what closes the gate. */
  readonly protect: boolean;
}

/**
 * The login gate: a marker scope on each gated client, a browser flow that refuses people without the role when the
 * client carries the marker, and the same after logins through identity providers. The flows are bound last, when all of
 * them stand, and unbound first.
 */
export class LoginGate extends pulumi.ComponentResource {
  readonly flowAlias: pulumi.Output<string>;
  /** Aliases of every flow that holds a gate. */
  readonly flowAliases: readonly pulumi.Output<string>[];
  /** The flow that was bound before, and is bound again when the gate is destroyed. */
  readonly formerFlow: pulumi.Output<string>;

  readonly #args: LoginGateArgs;
  /** Keycloak mixes up siblings that are created side by side (keycloak#17443), so each element waits for the last. */
  #previous: pulumi.Resource[] = [];

  constructor(name: string, args: LoginGateArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:keycloak:LoginGate", name, {}, options);
    this.#args = args;
    const { marked, tree, postBroker } = args.plan;
    for (const [index, mark] of marked.entries()) this.#mark(index === 0 ? name : `${name}-${mark.scope}`, mark);
    const flow = this.#declareFlow(`${name}-flow${generationOf(args.plan)}`, tree);
    for (const { flow: parent, gates } of postBroker.appended) this.#declare(gates, parent, parent);
    const afterBroker = postBroker.flow && this.#declareFlow(postBroker.flow.alias, postBroker.flow);
    // Everything below closes a way in: it is done when all of it stands, and undoing it lets everybody in.
    const closing = { parent: this, dependsOn: this.#previous, protect: args.protect };
    if (afterBroker) {
      for (const identityProvider of postBroker.identityProviders) {
        new IdentityProviderPostFlow(
          `${name}-after-${identityProvider}`,
          { realm: args.realm, identityProvider, flow: afterBroker.alias },
          closing,
        );
      }
    }
    const binding = new BrowserFlowBinding(
      `${name}-binding`,
      { realm: args.realm, flow: flow.alias, fallback: args.plan.flowToCopy },
      closing,
    );
    this.flowAlias = binding.flow;
    this.flowAliases = [binding.flow, ...(afterBroker ? [afterBroker.alias] : [])];
    this.formerFlow = binding.former;
    this.registerOutputs({ flowAlias: this.flowAlias, flowAliases: this.flowAliases, formerFlow: this.formerFlow });
  }

  #mark(name: string, { client, scope: scopeName }: GatePlan["marked"][number]): void {
    const scope = new keycloak.openid.ClientScope(
      `${name}-marker`,
      {
        realmId: this.#args.realm,
        name: scopeName,
        description: "Marks clients that admit holders of a role only",
        includeInTokenScope: false,
      },
      { parent: this },
    );
    const link = new DefaultScope(
      `${name}-marker-on-client`,
      { realm: this.#args.realm, client, scopeId: scope.id, scopeName: scope.name },
      { parent: this },
    );
    this.#previous.push(link);
  }

  #declareFlow(name: string, tree: Flow): keycloak.authentication.Flow {
    const flow = new keycloak.authentication.Flow(
      name,
      { realmId: this.#args.realm, alias: tree.alias, description: tree.description, providerId: "basic-flow" },
      this.#afterPrevious(),
    );
    this.#previous = [flow];
    this.#declare(tree.children, tree.alias, flow.alias);
    return flow;
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

  /** The declared role's name comes from its resource: the condition must not exist before the role does. */
  #withReferences(values: Readonly<Record<string, string>>): Record<string, pulumi.Input<string>> {
    const entries = Object.entries(values).map(([key, value]) => [
      key,
      key === "condUserRole" && value === this.#args.plan.role ? this.#args.role : value,
    ]);
    return Object.fromEntries(entries);
  }

  #afterPrevious(): pulumi.CustomResourceOptions {
    return { parent: this, dependsOn: this.#previous };
  }
}

/** Another generation is another resource: the old flow is deleted last, after the new one is bound. */
function generationOf({ tree }: GatePlan): string {
  return /-v\d+$/.exec(tree.alias)?.[0] ?? "";
}
