import * as keycloak from "@pulumi/keycloak";
import * as pulumi from "@pulumi/pulumi";
import { type Element, type Execution, type Flow, isCondition, isGate, type Subflow } from "#sync/gate/flow-tree.ts";
import { ownedDescription } from "../ownership.ts";
import { BrowserFlowBinding } from "./browser-flow-binding.ts";
import { ClientFlowOverride } from "./client-flow-override.ts";
import { DefaultScope } from "./default-scope.ts";
import { GateCheck } from "./gate-check.ts";
import type { GatePlan } from "./gate-plan.ts";
import { IdentityProviderPostFlow } from "./identity-provider-post-flow.ts";

export interface LoginGateArgs {
  /** Name of the realm, which is also its id for the provider. */
  readonly realm: string;
  /** Role that opens the first gate; an output of its resource, so that the gate never names a role that is not there. */
  readonly role: pulumi.Input<string>;
  readonly plan: GatePlan;
  /** Name of the stack, told in the description of everything that can have one. */
  readonly owner: string;
  /** What must stand before a flow is bound: whoever may enter must hold the role by then. */
  readonly after?: readonly pulumi.Resource[];
}

/**
 * The login gate: a marker scope on each gated client, a browser flow that refuses people without the role when the
 * client carries the marker, and the same after logins through identity providers. The flows are bound last, when all of
 * them stand, and unbound first. Names of resources hold the names of what they make, so that a changed flow is another
 * resource: the old one stays bound until the new one is, and is deleted last. Nothing here is protected, because
 * switching the gate off must take one `pulumi up`.
 */
export class LoginGate extends pulumi.ComponentResource {
  /** Aliases of every flow that holds a gate, the browser flow first. */
  readonly flowAliases: readonly pulumi.Output<string>[];

  readonly #args: LoginGateArgs;
  /** Keycloak mixes up siblings that are created side by side (keycloak#17443), so each element waits for the last. */
  #previous: pulumi.Resource[] = [];

  constructor(name: string, args: LoginGateArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:keycloak:LoginGate", name, {}, options);
    this.#args = args;
    const { marked, tree, postBroker, specification } = args.plan;
    this.#previous = [...(args.after ?? [])];
    for (const mark of marked) this.#mark(name, mark);
    this.#forceLogin(name);
    const flow = this.#declareFlow(tree);
    for (const { flow: parent, gates } of postBroker.appended) this.#declare(gates, parent, parent);
    const afterBroker = postBroker.flow && this.#declareFlow(postBroker.flow);
    // Everything below closes a way in: it is done when all of it stands, and undoing it lets everybody in.
    const bound = [
      ...this.#bindAfterBrokers(name, afterBroker),
      ...(specification.binding === "client" ? this.#bindClients(name, flow) : [this.#bindRealm(name, flow)]),
    ];
    const appendedTo = postBroker.appended.map((one) => one.flow);
    const own = [flow, ...(afterBroker ? [afterBroker] : [])].map(({ alias }) => alias);
    this.flowAliases = [...own, ...appendedTo.map((alias) => pulumi.output(alias))];
    new GateCheck(
      `${name}-check`,
      {
        realm: args.realm,
        specification: JSON.stringify(specification),
        flows: [tree.alias, ...(postBroker.flow ? [postBroker.flow.alias] : []), ...appendedTo],
      },
      { parent: this, dependsOn: bound },
    );
    this.registerOutputs({ flowAliases: this.flowAliases });
  }

  #forceLogin(name: string): void {
    const { realm, plan } = this.#args;
    if (!plan.forcedLogin) return;
    const { executionId, alias, values } = plan.forcedLogin;
    const config = { realmId: realm, executionId, alias, config: values };
    const forced = new keycloak.authentication.ExecutionConfig(`${name}-${alias}`, config, this.#afterPrevious());
    this.#previous = [forced];
  }

  #bindRealm(name: string, flow: keycloak.authentication.Flow): pulumi.Resource {
    const { realm, plan } = this.#args;
    const binding = { realm, flow: flow.alias, fallback: plan.flowToCopy };
    return new BrowserFlowBinding(`${name}-binding`, binding, this.#afterPrevious());
  }

  #bindClients(name: string, flow: keycloak.authentication.Flow): pulumi.Resource[] {
    const { realm, plan } = this.#args;
    return plan.marked.map(
      ({ client, clientId }) =>
        new ClientFlowOverride(`${name}-at-${clientId}`, { realm, client, flowId: flow.id }, this.#afterPrevious()),
    );
  }

  #bindAfterBrokers(name: string, flow: keycloak.authentication.Flow | undefined): pulumi.Resource[] {
    const { realm, plan } = this.#args;
    if (!flow) return [];
    return plan.postBroker.identityProviders.map(
      (identityProvider) =>
        new IdentityProviderPostFlow(
          `${name}-after-${identityProvider}`,
          { realm, identityProvider, flow: flow.alias },
          this.#afterPrevious(),
        ),
    );
  }

  #mark(name: string, { client, clientId, scope: scopeName }: GatePlan["marked"][number]): void {
    const scope = new keycloak.openid.ClientScope(
      `${name}-${scopeName}`,
      {
        realmId: this.#args.realm,
        name: scopeName,
        description: ownedDescription(this.#args.owner, "Marks clients that admit holders of a role only"),
        includeInTokenScope: false,
      },
      { parent: this },
    );
    const link = new DefaultScope(
      `${name}-${scopeName}-on-${clientId}`,
      { realm: this.#args.realm, client, scopeId: scope.id, scopeName: scope.name },
      { parent: this },
    );
    this.#previous.push(link);
  }

  #declareFlow(tree: Flow): keycloak.authentication.Flow {
    const description = ownedDescription(this.#args.owner, tree.description);
    const flow = new keycloak.authentication.Flow(
      tree.alias,
      { realmId: this.#args.realm, alias: tree.alias, description, providerId: "basic-flow" },
      this.#afterPrevious(),
    );
    this.#previous = [flow];
    this.#declare(tree.children, tree.alias, flow.alias);
    return flow;
  }

  #declare(elements: readonly Element[], parentName: string, parentFlowAlias: pulumi.Input<string>): void {
    for (const element of elements) {
      if (element.kind === "execution") {
        this.#configure(element, this.#declareExecution(element, parentName, parentFlowAlias));
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
      if (isGate(element)) this.#declareGate(element, subflow.alias);
      else this.#declare(element.children, element.alias, subflow.alias);
    }
  }

  /**
   * A gate that is appended to a flow of others is in force while it is made, and while it is deleted in reverse order: a
   * CONDITIONAL sub-flow whose conditions match and that has no refusal yet fails, and one without the scope condition
   * refuses on every client. So the refusal comes first, and the configuration last without which nothing matches.
   */
  #declareGate(gate: Subflow, alias: pulumi.Input<string>): void {
    const executions = gate.children.filter((child) => child.kind === "execution");
    const declare = (execution: Execution) => this.#declareExecution(execution, gate.alias, alias);
    for (const refusal of executions.filter((one) => !isCondition(one))) this.#configure(refusal, declare(refusal));
    const [last, ...others] = executions.filter(isCondition).toReversed();
    const declaredLast = last && declare(last);
    for (const condition of others) this.#configure(condition, declare(condition));
    if (last && declaredLast) this.#configure(last, declaredLast);
  }

  #declareExecution(
    element: Execution,
    parentName: string,
    parentFlowAlias: pulumi.Input<string>,
  ): keycloak.authentication.Execution {
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
    return execution;
  }

  #configure(element: Execution, execution: keycloak.authentication.Execution): void {
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
