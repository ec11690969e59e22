import { type Element, type Flow, isCondition, type Subflow, siblingLists } from "./flow-tree.ts";

const conditions = ["conditional-client-scope", "conditional-user-role"];

/**
 * What must hold of a gated flow before it is declared; every one of these, when broken, either opens the gate silently
 * or locks everybody out. Answers one sentence for each that does not hold.
 */
export function brokenInvariants(flow: Flow): string[] {
  return [
    ...siblings(flow.alias, flow.children),
    ...mixedAlternatives(flow.alias, flow.children),
    ...unsafeNames(flow),
    ...gatePosition(flow),
    ...missingConfiguration(flow.children),
  ];
}

function siblings(parent: string, children: readonly Element[]): string[] {
  const problems = [];
  for (const [alias, list] of siblingLists(parent, children)) {
    const priorities = list.map((element) => element.priority);
    // The server sorts by priority alone, whatever the order of creation.
    if (priorities.some((priority, index) => priority <= (priorities[index - 1] ?? 0))) {
      problems.push(`"${alias}" has siblings whose priorities do not ascend from 1, so their order is another one`);
    }
  }
  return problems;
}

/** The server drops ALTERNATIVE elements that stand beside REQUIRED or CONDITIONAL ones, with one warning in its log. */
function mixedAlternatives(parent: string, children: readonly Element[]): string[] {
  const problems = [];
  for (const [alias, list] of siblingLists(parent, children)) {
    const steps = list.filter((element) => element.kind === "subflow" || !isCondition(element));
    const alternatives = steps.filter((element) => element.requirement === "ALTERNATIVE").length;
    if (alternatives > 0 && alternatives < steps.length) {
      problems.push(`"${alias}" mixes ALTERNATIVE with REQUIRED or CONDITIONAL siblings, which the server ignores`);
    }
    const mustSucceed = alias === parent || children.some((child) => isWrapper(child, alias));
    if (mustSucceed && steps.every((element) => element.requirement === "CONDITIONAL")) {
      problems.push(`"${alias}" has nothing but conditional steps: whoever skips them all cannot log in`);
    }
  }
  return problems;
}

function unsafeNames(flow: Flow): string[] {
  const aliases = [...siblingLists(flow.alias, flow.children)].map(([alias]) => alias);
  const problems = aliases
    .filter((alias) => !/^[A-Za-z0-9 _-]{1,255}$/.test(alias))
    .map((alias) => `the alias "${alias}" has characters that break the provider's URLs`);
  if (new Set(aliases).size !== aliases.length) problems.push(`"${flow.alias}" uses an alias twice`);
  const configurations = configurationAliases(flow.children);
  if (new Set(configurations).size !== configurations.length) {
    problems.push(`"${flow.alias}" uses an alias of a configuration twice`);
  }
  if (flow.description.length > 255) problems.push(`the description of "${flow.alias}" is longer than 255 characters`);
  return problems;
}

const isWrapper = (element: Element, alias: string): boolean =>
  element.kind === "subflow" && element.alias === alias && element.requirement === "REQUIRED";

function configurationAliases(children: readonly Element[]): string[] {
  return children.flatMap((element) => {
    if (element.kind === "subflow") return configurationAliases(element.children);
    return element.config ? [element.config.alias] : [];
  });
}

/** The gates are CONDITIONAL, directly under the flow, after a step that must succeed, and each ends in a refusal. */
function gatePosition(flow: Flow): string[] {
  const first = flow.children.findIndex((element) => element.requirement === "CONDITIONAL");
  const gates = first < 0 ? [] : flow.children.slice(first);
  if (gates.length === 0 || gates.some((gate) => gate.kind !== "subflow" || gate.requirement !== "CONDITIONAL")) {
    return [`"${flow.alias}" does not end in a CONDITIONAL gate`];
  }
  if (!flow.children.slice(0, first).some((element) => element.requirement === "REQUIRED")) {
    return [`"${flow.alias}" has no REQUIRED step before its gate, so there is nobody whose role could be checked`];
  }
  return gates.flatMap((gate) => (gate.kind === "subflow" ? gateProblems(gate) : []));
}

/** The same of a gate that is appended to a flow of others. */
export function brokenGate(gate: Subflow): string[] {
  const alone = { alias: gate.alias, description: "", children: gate.children };
  return [
    ...gateProblems(gate),
    ...siblings(gate.alias, gate.children),
    ...unsafeNames(alone),
    ...missingConfiguration(gate.children),
  ];
}

/** What keeps one gate from refusing exactly those it should. */
function gateProblems(gate: Subflow): string[] {
  const authenticators = gate.children.map((element) => element.kind === "execution" && element.authenticator);
  const isComplete = authenticators.join() === [...conditions, "deny-access-authenticator"].join();
  if (!isComplete || gate.children.some((element) => element.requirement !== "REQUIRED")) {
    return [`"${gate.alias}" is not made of scope condition, role condition and refusal, each REQUIRED`];
  }
  const negated = gate.children.map((element) => element.kind === "execution" && element.config?.values.negate);
  return negated[0] !== "true" && negated[1] === "true"
    ? []
    : [`"${gate.alias}" does not refuse exactly those who ask for the scope and lack the role`];
}

function missingConfiguration(children: readonly Element[]): string[] {
  return children.flatMap((element) => {
    if (element.kind === "subflow") return missingConfiguration(element.children);
    const values = Object.values(element.config?.values ?? {});
    return conditions.includes(element.authenticator) && (values.length === 0 || values.includes(""))
      ? [`${element.authenticator} has no configuration, so it never matches and the gate is open`]
      : [];
  });
}
