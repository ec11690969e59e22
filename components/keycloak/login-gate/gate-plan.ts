import { AccessError } from "#sync/errors.ts";
import type { Flow } from "#sync/gate/flow-tree.ts";
import { brokenGate, brokenInvariants } from "#sync/gate/invariants.ts";
import { replicate } from "#sync/gate/replica.ts";
import { browserFlow, type GateSpecification } from "#sync/gate/specification.ts";
import { type PostBrokerPlan, planPostBroker } from "./post-broker-plan.ts";
import type { RealmFacts } from "./realm-facts.ts";
import type { ForcedLogin } from "./reset-step.ts";

/** What the gate of one realm will be made of. */
export interface GatePlan {
  /** Which client, by its internal id, carries which marker. */
  readonly marked: readonly { readonly client: string; readonly clientId: string; readonly scope: string }[];
  /** Role that opens the first gate, and is declared in the same run. */
  readonly role: string;
  /** Alias of the flow that was bound before the gate, and is copied. */
  readonly flowToCopy: string;
  /** Browser flow. */
  readonly tree: Flow;
  readonly postBroker: PostBrokerPlan;
  /** Makes the reset of a password end in a login, where that is wanted and is not so already. */
  readonly forcedLogin?: ForcedLogin | undefined;
  /** What all of this is made from. */
  readonly specification: GateSpecification;
}

/** Decides on the flows, and refuses what would not hold; pure, and so the same in every preview. */
export function planGate(facts: RealmFacts, specification: GateSpecification): GatePlan {
  const { boundFlow, executions, clients, ownFlows } = facts;
  const { flowToCopy, gates, binding } = specification;
  if (ownFlows.includes(flowToCopy)) {
    throw new AccessError(
      "refused",
      `gate.flowToCopy is "${flowToCopy}", which is a flow of this gate: name the one that was bound before it.`,
    );
  }
  if (binding !== "client" && !ownFlows.includes(boundFlow) && boundFlow !== flowToCopy) {
    throw new AccessError(
      "refused",
      `The realm runs the browser flow "${boundFlow}", but gate.flowToCopy is "${flowToCopy}": name "${boundFlow}" there, so that logins keep the steps they have.`,
    );
  }
  const tree = browserFlow(specification, (prefix) => replicate(flowToCopy, executions, prefix));
  const postBroker = planPostBroker(facts, specification);
  const problems = [
    ...[tree, ...(postBroker.flow ? [postBroker.flow] : [])].flatMap(brokenInvariants),
    ...postBroker.appended.flatMap(({ gates: appended }) => appended.flatMap(brokenGate)),
  ];
  if (problems.length > 0) {
    throw new AccessError(
      "refused",
      `The login gate would not hold:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    );
  }
  const marked = gates.map(({ client, scope }) => ({ client: clients[client] ?? "", clientId: client, scope }));
  return { marked, role: gates[0]?.role ?? "", flowToCopy, tree, postBroker, specification };
}
