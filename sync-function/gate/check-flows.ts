import { messageOf } from "../errors.ts";
import { failure, type GateFinding, REDEPLOY, warning } from "./finding.ts";
import { isGenerationOf } from "./fingerprint.ts";
import { flatten } from "./flattening.ts";
import { type Element, type Flow, isCondition, isEnabled, isGate, siblingLists } from "./flow-tree.ts";
import type { LiveFlow, RealmModel } from "./realm-model.ts";
import { replicate } from "./replica.ts";
import { appendedGates, browserFlow, type GateSpecification, postBrokerFlow, postBrokerName } from "./specification.ts";
import { treeDifferences } from "./tree-comparison.ts";

/** The flows that hold gates: bound, equal to the declaration, and sound in themselves. */
export function flowFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  return [...browserFindings(model, specification), ...identityProviderFindings(model, specification)];
}

function browserFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  const source = model.flows[specification.flowToCopy];
  if (!source) {
    const fact = `the copied flow "${specification.flowToCopy}" does not exist`;
    return [failure(10, fact, "name another in gate.flowToCopy")];
  }
  const declaredAs = (alias?: string) =>
    browserFlow(specification, (prefix) => replicate(source.alias, flatten(source.children), prefix), alias);
  let current: Flow;
  try {
    current = declaredAs();
  } catch (error) {
    return [failure(10, messageOf(error), "name another flow in gate.flowToCopy")];
  }
  const findings: GateFinding[] = [];
  const inForce = new Set<string>();
  for (const { where, remedy, flow } of boundFlows(model, specification)) {
    if (isGenerationOf(flow, specification.flow)) inForce.add(flow);
    else {
      const fact = `${where} is "${flow}" and not "${current.alias}", so nobody is refused`;
      findings.push(failure(22, fact, `${REDEPLOY}, or bind "${current.alias}" ${remedy}`));
    }
  }
  if (inForce.size === 0) inForce.add(current.alias);
  for (const alias of inForce) {
    const live = model.flows[alias];
    if (!live) {
      findings.push(failure(28, `the flow "${alias}" does not exist`, REDEPLOY));
      continue;
    }
    const isCurrent = alias === current.alias;
    const differences = differenceFindings(declaredAs(alias), live, specification, isCurrent);
    if (!isCurrent && differences.length === 0) {
      const fact = `the flow "${alias}" is of another generation than the one that is declared now`;
      findings.push(warning(28, fact, "run `pulumi up`"));
    }
    findings.push(...differences, ...soundness(live));
  }
  return findings;
}

/** The flows that logins to gated clients run, and where that is said. */
function boundFlows(
  { bindings, clients }: RealmModel,
  { binding, gates }: GateSpecification,
): { where: string; remedy: string; flow: string }[] {
  if (binding !== "client") {
    return [{ where: "the realm's browser flow", remedy: "under Authentication", flow: bindings.browser }];
  }
  return gates
    .flatMap(({ client }) => clients.filter(({ clientId }) => clientId === client))
    .map(({ clientId, overrides }) => ({
      where: `the browser flow of "${clientId}"`,
      remedy: "under the client's advanced settings",
      flow: overrides.browser ?? bindings.browser,
    }));
}

/** Differences inside the wrapper are told apart: they come from the copied flow as often as from ours. */
function differenceFindings(
  declared: Flow,
  live: LiveFlow,
  { flowToCopy }: GateSpecification,
  isCurrent: boolean,
): GateFinding[] {
  const [wrapper] = declared.children;
  const found = live.children.find((child) => child.kind === "subflow" && child.alias === nameIn(wrapper));
  const inWrapper =
    wrapper?.kind === "subflow" && found?.kind === "subflow"
      ? treeDifferences({ ...declared, ...wrapper }, { ...live, ...found })
      : [];
  // Another name was declared for another content: what was copied has changed since, not the copy.
  const remedy = isCurrent ? REDEPLOY : "run `pulumi up`, which builds another flow and binds it";
  return treeDifferences(declared, live).map((difference) =>
    inWrapper.includes(difference)
      ? failure(10, `the copy of "${flowToCopy}" is no longer like it: ${difference}`, remedy)
      : failure(28, difference, remedy),
  );
}

const nameIn = (element: Element | undefined): string | undefined =>
  element?.kind === "subflow" ? element.alias : undefined;

function identityProviderFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  const findings: GateFinding[] = [];
  const postFlows = new Map<string, boolean>();
  for (const { alias, enabled, postFlow } of model.identityProviders) {
    if (postFlow !== undefined) {
      postFlows.set(postFlow, enabled || postFlows.get(postFlow) === true);
      continue;
    }
    const fact = `the identity provider "${alias}" has no post-broker flow, so logins through it pass by the gate`;
    const name = postBrokerFlow(specification).alias;
    findings.push((enabled ? failure : whenEnabled)(24, fact, `run \`pulumi up\`, or set "${name}" on it`));
  }
  for (const [postFlow, isRun] of postFlows) {
    const found = postFlowFindings(postFlow, model.flows[postFlow], specification);
    findings.push(
      ...(isRun ? found : found.map(({ invariant, fact, remedy }) => whenEnabled(invariant, fact, remedy))),
    );
  }
  return findings;
}

/** Of an identity provider that nobody can use now. */
const whenEnabled: typeof warning = (invariant, fact, remedy) =>
  warning(invariant, `as soon as the identity provider is enabled: ${fact}`, remedy);

function postFlowFindings(
  postFlow: string,
  live: LiveFlow | undefined,
  specification: GateSpecification,
): GateFinding[] {
  if (!live) return [failure(24, `the post-broker flow "${postFlow}" does not exist`, REDEPLOY)];
  if (!isGenerationOf(postFlow, postBrokerName(specification))) {
    return [...appendedFindings(live, specification), ...soundness(live)];
  }
  const differences = treeDifferences(postBrokerFlow(specification, postFlow), live);
  return [...differences.map((difference) => failure(28, difference, REDEPLOY)), ...soundness(live)];
}

function appendedFindings(live: LiveFlow, specification: GateSpecification): GateFinding[] {
  return appendedGates(specification, live.alias, live.children).flatMap((gate) => {
    const found = live.children.find((child) => child.kind === "subflow" && child.alias === gate.alias);
    const differences = treeDifferences(
      { alias: live.alias, description: "", children: [gate] },
      { ...live, children: found ? [found] : [] },
    );
    return differences.map((difference) => failure(24, difference, REDEPLOY));
  });
}

/** Invariants of a flow's own shape, whatever was declared. */
function soundness(live: LiveFlow): GateFinding[] {
  const findings: GateFinding[] = [];
  for (const [parent, children] of siblingLists(live.alias, live.children)) {
    const enabled = children.filter(isEnabled);
    const steps = enabled.filter((element) => element.kind === "subflow" || !isCondition(element));
    const alternatives = steps.filter(({ requirement }) => requirement === "ALTERNATIVE");
    if (alternatives.length > 0 && alternatives.length < steps.length) {
      const fact = `"${parent}" mixes ALTERNATIVE with REQUIRED or CONDITIONAL steps, and the server ignores the former`;
      findings.push(failure(1, fact, REDEPLOY));
    }
    if (parent === live.alias && steps.every(({ requirement }) => requirement === "CONDITIONAL")) {
      const fact = `"${parent}" has nothing but conditional steps: whoever skips them all cannot log in`;
      findings.push(failure(2, fact, "begin it with a REQUIRED allow-access-authenticator"));
    }
    // The order of gates among each other decides nothing: each refuses for itself. While one is exchanged, both stand.
    const shared = enabled.filter(
      (one) => !isGate(one) && enabled.some((other) => other !== one && other.priority === one.priority),
    );
    if (shared.length > 0) {
      findings.push(failure(9, `"${parent}" has siblings of the same priority, so their order may change`, REDEPLOY));
    }
    for (const element of enabled) {
      if (element.kind === "execution" && isCondition(element) && parent === live.alias) {
        findings.push(failure(5, `the condition "${element.authenticator}" stands outside a sub-flow`, REDEPLOY));
      }
    }
  }
  return findings;
}
