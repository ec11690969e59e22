import { AccessError } from "../errors.ts";
import { type Element, isCondition, type Requirement } from "./flow-tree.ts";
import { slug } from "./specification.ts";

/** One line of `GET authentication/flows/{alias}/executions`: the whole tree, flattened in order, with its depth. */
export interface FlatExecution {
  readonly level: number;
  readonly requirement: string;
  readonly displayName?: string | undefined;
  readonly providerId?: string | undefined;
  readonly authenticationFlow?: boolean | undefined;
  /** Alias and values of the authenticator's configuration, when it has one. */
  readonly config?: { readonly alias: string; readonly values: Readonly<Record<string, string>> } | undefined;
}

/**
 * Copies the enabled elements of an existing flow under new names, so that everything that works at login today
 * (cookie, identity providers, password form, second factor, organizations) goes on working inside the gate's wrapper.
 */
export function replicate(source: string, executions: readonly FlatExecution[], prefix: string): Element[] {
  const elements = childrenOf(executions, 0, namesBelow(prefix));
  if (!elements.some(canSignIn)) {
    throw new AccessError(
      "refused",
      `The flow "${source}" has no enabled step that can sign anybody in, so a copy of it would lock everybody out. Name the flow to copy in gate.flowToCopy.`,
    );
  }
  return elements;
}

/** Conditions only decide, a refusal only refuses, and a conditional sub-flow that is skipped signs nobody in. */
function canSignIn(element: Element): boolean {
  if (element.kind === "subflow") return element.requirement !== "CONDITIONAL" && element.children.some(canSignIn);
  return !isCondition(element) && element.authenticator !== "deny-access-authenticator";
}

type Naming = (text: string) => string;

/** Safe names for texts that need not be, each given once. */
function namesBelow(prefix: string): Naming {
  const given = new Set<string>();
  return (text) => {
    const name = `${prefix}-${slug(text).slice(0, 80) || "step"}`;
    let free = name;
    for (let count = 2; given.has(free); count += 1) free = `${name}-${count}`;
    given.add(free);
    return free;
  };
}

function childrenOf(executions: readonly FlatExecution[], level: number, nameOf: Naming): Element[] {
  const elements: Element[] = [];
  for (const [index, execution] of executions.entries()) {
    if (execution.level !== level || execution.requirement === "DISABLED") continue;
    const next = executions.findIndex((candidate, at) => at > index && candidate.level <= level);
    const descendants = executions.slice(index + 1, next === -1 ? undefined : next);
    elements.push(copyOf(execution, descendants, elements.length + 1, nameOf));
  }
  return elements;
}

function copyOf(
  execution: FlatExecution,
  descendants: readonly FlatExecution[],
  position: number,
  nameOf: Naming,
): Element {
  const common = { requirement: requirementOf(execution), priority: position * 10 };
  if (execution.authenticationFlow) {
    if (execution.providerId) {
      throw new AccessError(
        "refused",
        `The flow to copy has the form "${execution.displayName ?? execution.providerId}", which this program cannot copy: take it out of the flow, or name another one in gate.flowToCopy.`,
      );
    }
    const alias = nameOf(execution.displayName ?? String(position));
    return { kind: "subflow", alias, ...common, children: childrenOf(descendants, execution.level + 1, nameOf) };
  }
  const authenticator = execution.providerId ?? "";
  const config = execution.config && { alias: nameOf(execution.config.alias), values: execution.config.values };
  return { kind: "execution", authenticator, ...common, ...(config ? { config } : {}) };
}

function requirementOf({ requirement, displayName, providerId }: FlatExecution): Requirement {
  if (requirement === "REQUIRED" || requirement === "ALTERNATIVE" || requirement === "CONDITIONAL") return requirement;
  throw new AccessError(
    "incomplete",
    `The step "${displayName ?? providerId}" of the flow to copy has the requirement "${requirement}", which this program does not know.`,
  );
}
