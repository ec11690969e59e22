import { evaluateFlow, type Result, type Situation } from "./flow-evaluation.ts";
import { type Element, type Execution, isEnabled } from "./flow-tree.ts";
import type { Login, Verdict } from "./login.ts";
import { type ClientModel, FORCE_LOGIN, type RealmModel } from "./realm-model.ts";

/** Whether a login gets through, and what decides; pure. `unknown` where a step is not of Keycloak's own login steps. */
export function simulate(model: RealmModel, login: Login): Verdict {
  const client = model.clients.find(({ clientId }) => clientId === login.client);
  if (!client) return { outcome: "unknown", by: `the realm has no client "${login.client}"` };
  if (!login.person.enabled) return { outcome: "denied", by: "the person is disabled" };
  if (login.path === "refresh") return { outcome: "allowed", by: "no flow: the token endpoint" };
  const situation: Situation = {
    person: login.person,
    path: login.path,
    scopes: client.defaultScopes,
    isRole: (name) => model.roles[name] !== undefined || login.person.roles.includes(name),
  };
  switch (login.path) {
    case "direct-grant":
      if (!client.directGrant) return { outcome: "denied", by: "direct access grants are off for the client" };
      return run(model, client.overrides.direct_grant ?? model.bindings.directGrant, situation);
    case "device":
      if (!client.device) return { outcome: "denied", by: "the device grant is off for the client" };
      return run(model, browserFlowOf(model, client), { ...situation, path: "password" });
    case "reset-credentials":
      return afterReset(model, client, situation);
    case "broker":
      return afterBroker(model, login, situation);
    default:
      return run(model, browserFlowOf(model, client), situation);
  }
}

const browserFlowOf = (model: RealmModel, client: ClientModel): string =>
  client.overrides.browser ?? model.bindings.browser;

function run(model: RealmModel, alias: string, situation: Situation, isKnown = false): Verdict {
  const flow = model.flows[alias];
  if (!flow) return { outcome: "unknown", by: `the flow "${alias}" was not read` };
  return verdictOf(evaluateFlow(flow, situation, isKnown));
}

/** Only what is bound to the identity provider runs after it; the browser flow does not go on. */
function afterBroker(model: RealmModel, { identityProvider }: Login, situation: Situation): Verdict {
  const found = model.identityProviders.find(({ alias }) => alias === identityProvider);
  if (!found) return { outcome: "unknown", by: `the realm has no identity provider "${identityProvider ?? ""}"` };
  if (!found.enabled) return { outcome: "denied", by: `the identity provider "${found.alias}" is disabled` };
  if (found.postFlow === undefined) return { outcome: "allowed", by: `"${found.alias}" has no post-broker flow` };
  return run(model, found.postFlow, situation, true);
}

function afterReset(model: RealmModel, client: ClientModel, situation: Situation): Verdict {
  if (!model.resetPasswordAllowed) return { outcome: "denied", by: '"Forgot password" is off in the realm' };
  const verdict = run(model, model.bindings.resetCredentials, situation);
  if (verdict.outcome !== "allowed" || !isLoginForced(model)) return verdict;
  return run(model, browserFlowOf(model, client), { ...situation, path: "password" });
}

/** Whether the link of every e-mail leads to a new login instead of into the client. */
export function isLoginForced({ flows, bindings, forceLoginDefault }: RealmModel): boolean {
  const steps = mailingSteps(flows[bindings.resetCredentials]?.children ?? []);
  const isForced = ({ config }: Execution) => (config?.values[FORCE_LOGIN] ?? forceLoginDefault) === "true";
  return forceLoginDefault !== undefined && steps.length > 0 && steps.every(isForced);
}

function mailingSteps(elements: readonly Element[]): Execution[] {
  return elements.filter(isEnabled).flatMap((one): Execution[] => {
    if (one.kind === "subflow") return mailingSteps(one.children);
    return one.authenticator === "reset-credential-email" ? [one] : [];
  });
}

function verdictOf({ kind, by }: Result): Verdict {
  if (kind === "success") return { outcome: "allowed", by };
  return { outcome: kind === "unknown" ? "unknown" : "denied", by };
}
