import { AccessError } from "#sync/errors.ts";
import type { Flow } from "./flow-tree.ts";
import { brokenInvariants } from "./invariants.ts";
import type { RealmFacts } from "./realm-facts.ts";
import { replicate } from "./replica.ts";
import { browserFlow, type GateNames } from "./specification.ts";

export interface GateSettings extends GateNames {
  /** The flow whose steps are copied. */
  readonly flowToCopy: string;
}

/** What the gate of one realm will be made of. */
export interface GatePlan {
  /** Internal id of the gated client. */
  readonly client: string;
  /** Marker client scope. */
  readonly scope: string;
  readonly tree: Flow;
}

/** Decides on the flow, and refuses one that would not hold; pure, and so the same in every preview. */
export function planGate(facts: RealmFacts, settings: GateSettings): GatePlan {
  const { boundFlow, executions, client } = facts;
  const { flow, flowToCopy, scope } = settings;
  if (boundFlow !== flow && boundFlow !== flowToCopy) {
    throw new AccessError(
      "refused",
      `The realm runs the browser flow "${boundFlow}", but gate.flowToCopy is "${flowToCopy}": name "${boundFlow}" there, so that logins keep the steps they have.`,
    );
  }
  const tree = browserFlow(settings, replicate(flowToCopy, executions, flow));
  const problems = brokenInvariants(tree);
  if (problems.length > 0) {
    throw new AccessError(
      "refused",
      `The login gate would not hold:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    );
  }
  return { client, scope, tree };
}
