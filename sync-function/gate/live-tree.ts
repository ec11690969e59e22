import { AccessError } from "../errors.ts";
import type { Element, Requirement } from "./flow-tree.ts";
import type { LiveExecution } from "./realm-reading.ts";

/** The tree that a server's flattened list stands for, disabled elements and all, in the server's order. */
export function liveTree(executions: readonly LiveExecution[], level = 0): Element[] {
  const elements: Element[] = [];
  for (const [index, execution] of executions.entries()) {
    if (execution.level !== level) continue;
    const next = executions.findIndex((candidate, at) => at > index && candidate.level <= level);
    const descendants = executions.slice(index + 1, next === -1 ? undefined : next);
    elements.push(elementOf(execution, descendants));
  }
  return elements;
}

function elementOf(execution: LiveExecution, descendants: readonly LiveExecution[]): Element {
  const { authenticationFlow, displayName = "", providerId = "", priority, level, config } = execution;
  const common = { requirement: requirementOf(execution), priority };
  return authenticationFlow
    ? { kind: "subflow", alias: displayName, ...common, children: liveTree(descendants, level + 1) }
    : { kind: "execution", authenticator: providerId, ...common, ...(config ? { config } : {}) };
}

const requirements: readonly Requirement[] = ["REQUIRED", "ALTERNATIVE", "CONDITIONAL", "DISABLED"];

function requirementOf({ requirement, displayName, providerId }: LiveExecution): Requirement {
  const known = requirements.find((candidate) => candidate === requirement);
  if (known) return known;
  throw new AccessError(
    "incomplete",
    `The step "${displayName ?? providerId}" has the requirement "${requirement}", which this program does not know; use a newer version of it.`,
  );
}
