import * as binding from "#components/keycloak/login-gate/browser-flow-binding-lifecycle.ts";
import * as link from "#components/keycloak/login-gate/default-scope-lifecycle.ts";
import { type GatePlan, planGate } from "#components/keycloak/login-gate/gate-plan.ts";
import * as postFlow from "#components/keycloak/login-gate/identity-provider-post-flow-lifecycle.ts";
import { readRealmFacts } from "#components/keycloak/login-gate/realm-facts.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import type { AdminApi } from "#sync/gate/admin-api.ts";
import type { Element, Flow } from "#sync/gate/flow-tree.ts";
import type { GateSpecification } from "#sync/gate/specification.ts";

/** One line of a flow's executions, with what is needed to change it. */
export interface Row {
  readonly id: string;
  readonly flowId?: string;
  readonly providerId?: string;
  readonly displayName?: string;
  readonly requirement: string;
  readonly authenticationConfig?: string;
  readonly [more: string]: unknown;
}

export const rowsOf = (admin: KeycloakAdmin, realm: string, flow: string): Promise<Row[]> =>
  admin.get<Row[]>(`/realms/${realm}/authentication/flows/${encodeURIComponent(flow)}/executions`);

/** Makes the gates of a plan through the Admin API, in the order in which the engine makes them. */
export async function realiseGate(
  admin: KeycloakAdmin,
  api: AdminApi,
  realm: string,
  specification: GateSpecification,
): Promise<GatePlan> {
  const owner = "langfuse-access/test";
  const declaredRoles = specification.gates.map(({ role }) => role);
  const plan = planGate(await readRealmFacts(api, { realm, specification, owner, declaredRoles }), specification);
  for (const { client, scope } of plan.marked) {
    const scopeId = await admin.create(`/realms/${realm}/client-scopes`, { name: scope, protocol: "openid-connect" });
    await link.create({ realm, client, scopeId, scopeName: scope }, api);
  }
  const { flow } = plan.postBroker;
  for (const tree of [plan.tree, ...(flow ? [flow] : [])]) await realiseFlow(admin, realm, tree);
  for (const { flow: theirs, gates } of plan.postBroker.appended) await realiseChildren(admin, realm, theirs, gates);
  for (const identityProvider of plan.postBroker.identityProviders) {
    await postFlow.create({ realm, identityProvider, flow: flow?.alias ?? "" }, api);
  }
  await binding.create({ realm, flow: plan.tree.alias, fallback: plan.flowToCopy }, api);
  return plan;
}

async function realiseFlow(admin: KeycloakAdmin, realm: string, { alias, description, children }: Flow): Promise<void> {
  const flow = { alias, description, providerId: "basic-flow", topLevel: true, builtIn: false };
  await admin.post(`/realms/${realm}/authentication/flows`, flow);
  await realiseChildren(admin, realm, alias, children);
}

export async function realiseChildren(
  admin: KeycloakAdmin,
  realm: string,
  parent: string,
  children: readonly Element[],
): Promise<void> {
  const base = `/realms/${realm}/authentication`;
  const executions = `${base}/flows/${encodeURIComponent(parent)}/executions`;
  for (const child of children) {
    const id =
      child.kind === "subflow"
        ? await admin.create(`${executions}/flow`, { alias: child.alias, type: "basic-flow" })
        : await admin.create(`${executions}/execution`, { provider: child.authenticator });
    const row = (await rowsOf(admin, realm, parent)).find((one) => one.id === id || one.flowId === id);
    const { requirement, priority } = child;
    await admin.put(executions, { ...row, requirement, priority });
    if (child.kind === "subflow") await realiseChildren(admin, realm, child.alias, child.children);
    else if (child.config) {
      const { alias, values } = child.config;
      await admin.post(`${base}/executions/${id}/config`, { alias, config: values });
    }
  }
}
