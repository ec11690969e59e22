import { type Element, type Execution, isEnabled, isGate } from "./flow-tree.ts";
import type { Gate } from "./specification.ts";

/** Whether a flow of others ends in these gates, whatever they are called: whoever it signs in has passed them. */
export function endsInGates(children: readonly Element[], gates: readonly Gate[]): boolean {
  const enabled = children.filter(isEnabled);
  const first = enabled.findIndex(isGate);
  const ending = first < 0 ? [] : enabled.slice(first);
  return (
    enabled.slice(0, Math.max(first, 0)).some(({ requirement }) => requirement === "REQUIRED") &&
    enabled.every(({ requirement }) => requirement !== "ALTERNATIVE") &&
    ending.every((one) => isGate(one)) &&
    gates.every((gate) => ending.some((one) => isGateOf(one, gate)))
  );
}

function isGateOf(element: Element, { scope, role }: Gate): boolean {
  if (element.kind !== "subflow" || element.requirement !== "CONDITIONAL") return false;
  const executions = element.children.filter((child) => child.kind === "execution");
  const valuesOf = (authenticator: string) =>
    executions.find((one) => one.authenticator === authenticator)?.config?.values ?? {};
  const marker = valuesOf("conditional-client-scope");
  const holder = valuesOf("conditional-user-role");
  return (
    executions.every(({ requirement }: Execution) => requirement === "REQUIRED") &&
    executions.at(-1)?.authenticator === "deny-access-authenticator" &&
    marker.client_scope === scope &&
    marker.negate !== "true" &&
    holder.condUserRole === role &&
    holder.negate === "true"
  );
}
