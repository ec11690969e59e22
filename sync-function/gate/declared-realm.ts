import { AccessError } from "../errors.ts";
import { isGenerationOf } from "./fingerprint.ts";
import { flatten } from "./flattening.ts";
import { type Flow, isGate } from "./flow-tree.ts";
import type { LiveFlow, RealmModel } from "./realm-model.ts";
import { replicate } from "./replica.ts";
import { appendedGates, browserFlow, type GateSpecification, postBrokerFlow, postBrokerName } from "./specification.ts";

/** The realm as it will be when the gates of a specification stand: what is declared is tried before it is made. */
export function declaredRealm(model: RealmModel, specification: GateSpecification): RealmModel {
  const { flowToCopy, gates, flow, binding } = specification;
  const source = model.flows[flowToCopy];
  if (!source) throw new AccessError("refused", `The realm "${model.name}" has no flow "${flowToCopy}" to copy.`);
  const live = (made: Flow): LiveFlow => ({ ...made, builtIn: false });
  const browser = live(
    browserFlow(specification, (prefix) => replicate(source.alias, flatten(source.children), prefix)),
  );
  const postBroker = live(postBrokerFlow(specification));
  const isOurs = (alias: string) => isGenerationOf(alias, flow) || isGenerationOf(alias, postBrokerName(specification));
  const theirs = model.identityProviders.flatMap(({ postFlow }) => model.flows[postFlow ?? ""] ?? []);
  const gated = theirs
    .filter(({ alias }) => !isOurs(alias))
    .map((one) => {
      const children = one.children.filter((child) => !isGate(child));
      return { ...one, children: [...children, ...appendedGates(specification, one.alias, children)] };
    });
  const flows = [browser, postBroker, ...gated].map((one) => [one.alias, one] as const);
  const scopeOf = new Map(gates.map(({ client, scope }) => [client, scope]));
  return {
    ...model,
    bindings: binding === "client" ? model.bindings : { ...model.bindings, browser: browser.alias },
    flows: { ...model.flows, ...Object.fromEntries(flows) },
    identityProviders: model.identityProviders.map((one) =>
      one.postFlow === undefined || isOurs(one.postFlow) ? { ...one, postFlow: postBroker.alias } : one,
    ),
    clients: model.clients.map((client) => {
      const scope = scopeOf.get(client.clientId);
      if (scope === undefined) return client;
      const overrides = binding === "client" ? { ...client.overrides, browser: browser.alias } : client.overrides;
      return { ...client, defaultScopes: [...client.defaultScopes, scope], overrides };
    }),
    roles: { ...Object.fromEntries(gates.map(({ role }) => [role, { isHeld: false }])), ...model.roles },
  };
}
