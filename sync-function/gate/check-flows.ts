import { messageOf } from "../errors.ts";
import { failure, type GateFinding, REDEPLOY } from "./finding.ts";
import { flatten } from "./flattening.ts";
import { type Element, type Flow, isCondition, isEnabled, siblingLists } from "./flow-tree.ts";
import type { LiveFlow, RealmModel } from "./realm-model.ts";
import { replicate } from "./replica.ts";
import {
  appendedGates,
  browserFlow,
  browserFlowAlias,
  type GateSpecification,
  isGenerationOf,
  postBrokerFlow,
} from "./specification.ts";
import { treeDifferences } from "./tree-comparison.ts";

/** The flows that hold gates: bound, equal to the declaration, and sound in themselves. */
export function flowFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  return [...browserFindings(model, specification), ...identityProviderFindings(model, specification)];
}

function browserFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  const alias = browserFlowAlias(specification);
  const live = model.flows[alias];
  const findings: GateFinding[] = [];
  if (model.bindings.browser !== alias) {
    findings.push(
      failure(
        22,
        `the realm's browser flow is "${model.bindings.browser}" and not "${alias}", so nobody is refused`,
        `${REDEPLOY}, or bind "${alias}" under Authentication`,
      ),
    );
  }
  if (!live) return [...findings, failure(28, `the flow "${alias}" does not exist`, REDEPLOY)];
  const source = model.flows[specification.flowToCopy];
  if (!source) {
    return [
      ...findings,
      failure(10, `the copied flow "${specification.flowToCopy}" does not exist`, "name another in gate.flowToCopy"),
    ];
  }
  try {
    const declared = browserFlow(specification, replicate(source.alias, flatten(source.children), alias));
    findings.push(...differenceFindings(declared, live, specification));
  } catch (error) {
    findings.push(failure(10, messageOf(error), "name another flow in gate.flowToCopy"));
  }
  return [...findings, ...soundness(live)];
}

/** Differences inside the wrapper are told apart: they come from the copied flow as often as from ours. */
function differenceFindings(declared: Flow, live: LiveFlow, specification: GateSpecification): GateFinding[] {
  const [wrapper] = declared.children;
  const found = live.children.find((child) => child.kind === "subflow" && child.alias === nameIn(wrapper));
  const inWrapper =
    wrapper?.kind === "subflow" && found?.kind === "subflow"
      ? treeDifferences({ ...declared, ...wrapper }, { ...live, ...found })
      : [];
  return treeDifferences(declared, live).map((difference) =>
    inWrapper.includes(difference)
      ? failure(
          10,
          `the copy of "${specification.flowToCopy}" is no longer like it: ${difference}`,
          `raise gate.generation and run \`pulumi up\`, or ${REDEPLOY} if the copy was changed by hand`,
        )
      : failure(28, difference, REDEPLOY),
  );
}

const nameIn = (element: Element | undefined): string | undefined =>
  element?.kind === "subflow" ? element.alias : undefined;

function identityProviderFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  const ours = postBrokerFlow(specification);
  const findings: GateFinding[] = [];
  const postFlows = new Set<string>();
  for (const { alias, enabled, postFlow } of model.identityProviders) {
    if (!enabled) continue;
    if (postFlow === undefined) {
      const fact = `the identity provider "${alias}" has no post-broker flow, so logins through it pass by the gate`;
      findings.push(failure(24, fact, `run \`pulumi up\`, or set "${ours.alias}" on it`));
    } else postFlows.add(postFlow);
  }
  for (const postFlow of postFlows) {
    const live = model.flows[postFlow];
    if (!live) findings.push(failure(24, `the post-broker flow "${postFlow}" does not exist`, REDEPLOY));
    else if (isGenerationOf(postFlow, `${specification.flow}-post-broker`)) {
      const declared = { ...ours, alias: postFlow };
      const differences = treeDifferences(declared, live);
      findings.push(...differences.map((difference) => failure(28, difference, REDEPLOY)), ...soundness(live));
    } else findings.push(...appendedFindings(live, specification), ...soundness(live));
  }
  return findings;
}

function appendedFindings(live: LiveFlow, specification: GateSpecification): GateFinding[] {
  return appendedGates(specification, live.alias).flatMap((gate) => {
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
    const priorities = enabled.map(({ priority }) => priority);
    if (new Set(priorities).size < priorities.length) {
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
