import type { Element, Execution, Flow } from "./flow-tree.ts";

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

/** Every list of siblings, named by its parent. */
function* siblingLists(parent: string, children: readonly Element[]): Generator<[string, readonly Element[]]> {
  yield [parent, children];
  for (const child of children) if (child.kind === "subflow") yield* siblingLists(child.alias, child.children);
}

function siblings(parent: string, children: readonly Element[]): string[] {
  const problems = [];
  for (const [alias, list] of siblingLists(parent, children)) {
    const priorities = list.map((element) => element.priority);
    if (new Set(priorities).size !== priorities.length || priorities.some((priority) => priority < 1)) {
      problems.push(`"${alias}" has siblings without distinct priorities of 1 or more, so their order is undefined`);
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
    if (steps.length > 0 && steps.every((element) => element.requirement === "CONDITIONAL") && alias === parent) {
      problems.push(`"${alias}" has nothing but conditional steps: whoever skips them all cannot log in`);
    }
  }
  return problems;
}

const isCondition = (execution: Execution): boolean => execution.authenticator.startsWith("conditional-");

function unsafeNames(flow: Flow): string[] {
  const aliases = [...siblingLists(flow.alias, flow.children)].map(([alias]) => alias);
  const problems = aliases
    .filter((alias) => !/^[A-Za-z0-9 _-]{1,255}$/.test(alias))
    .map((alias) => `the alias "${alias}" has characters that break the provider's URLs`);
  if (new Set(aliases).size !== aliases.length) problems.push(`"${flow.alias}" uses an alias twice`);
  if (flow.description.length > 255) problems.push(`the description of "${flow.alias}" is longer than 255 characters`);
  return problems;
}

/** The gate is CONDITIONAL, directly under the flow, after a REQUIRED wrapper, and ends in a refusal. */
function gatePosition(flow: Flow): string[] {
  const gate = flow.children.at(-1);
  if (gate?.kind !== "subflow" || gate.requirement !== "CONDITIONAL") {
    return [`"${flow.alias}" does not end in a CONDITIONAL gate`];
  }
  const before = flow.children.slice(0, -1);
  if (!before.some((element) => element.requirement === "REQUIRED")) {
    return [`"${flow.alias}" has no REQUIRED step before its gate, so there is nobody whose role could be checked`];
  }
  const authenticators = gate.children.map((element) => element.kind === "execution" && element.authenticator);
  const complete = [...conditions, "deny-access-authenticator"].every((id, index) => authenticators[index] === id);
  return complete && gate.children.every((element) => element.requirement === "REQUIRED")
    ? []
    : [`"${gate.alias}" is not made of scope condition, role condition and refusal, each REQUIRED`];
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
