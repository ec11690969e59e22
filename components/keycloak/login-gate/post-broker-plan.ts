import { AccessError } from "#sync/errors.ts";
import { type Flow, isCondition, isEnabled, isGate, type Subflow } from "#sync/gate/flow-tree.ts";
import { liveTree } from "#sync/gate/live-tree.ts";
import { appendedGates, type GateSpecification, postBrokerFlow } from "#sync/gate/specification.ts";
import type { RealmFacts } from "./realm-facts.ts";

/** How the gates come after a login through an identity provider. */
export interface PostBrokerPlan {
  /** Our own flow, when some identity provider has none yet. */
  readonly flow: Flow | undefined;
  /** Aliases of the identity providers that it is set on. */
  readonly identityProviders: readonly string[];
  /** Flows of others that identity providers have already, with the gates that are appended to each. */
  readonly appended: readonly { readonly flow: string; readonly gates: readonly Subflow[] }[];
}

/**
 * Covers every identity provider, because a login through one skips the browser flow; disabled ones too, so that enabling
 * one opens nothing. A flow of others that only disabled ones run, and that has no room for a gate, is left to the check.
 */
export function planPostBroker(
  { identityProviders, flows, ownFlows }: Pick<RealmFacts, "identityProviders" | "flows" | "ownFlows">,
  specification: GateSpecification,
): PostBrokerPlan {
  const isTheirs = (flow: string | undefined): flow is string => flow !== undefined && !ownFlows.includes(flow);
  const own = identityProviders.filter(({ postFlow }) => !isTheirs(postFlow));
  const theirs = new Map<string, boolean>();
  for (const { postFlow, enabled } of identityProviders) {
    if (isTheirs(postFlow)) theirs.set(postFlow, enabled || theirs.get(postFlow) === true);
  }
  const appended: PostBrokerPlan["appended"][number][] = [];
  for (const [flow, isRun] of [...theirs].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    const found = flows[flow];
    const problem = found ? whyNoRoom(flow, found) : missing;
    if (found && problem === undefined) {
      appended.push({ flow, gates: appendedGates(specification, flow, liveTree(found.executions)) });
    } else if (isRun && problem) {
      throw new AccessError(
        "refused",
        `The post-broker flow "${flow}" ${problem.reason}, so the login gate cannot be appended to it: ${problem.remedy}.`,
      );
    }
  }
  return {
    flow: own.length > 0 ? postBrokerFlow(specification) : undefined,
    identityProviders: own.map(({ alias }) => alias).toSorted(),
    appended,
  };
}

interface Problem {
  readonly reason: string;
  readonly remedy: string;
}

const missing: Problem = { reason: "does not exist", remedy: "set another one on its identity providers" };

/** Why a gate would not hold in a flow of others, or would lock everybody out. */
function whyNoRoom(flow: string, { builtIn, executions }: RealmFacts["flows"][string]): Problem | undefined {
  if (builtIn) return { reason: "is built in", remedy: "set a copy of it, or none, on its identity providers" };
  if (/[/?#%\\]/.test(flow)) {
    return { reason: "has a character in its name that breaks addresses", remedy: "rename it, without / ? # % and \\" };
  }
  const steps = liveTree(executions).filter(
    (element) => isEnabled(element) && !isGate(element) && (element.kind === "subflow" || !isCondition(element)),
  );
  if (steps.some(({ requirement }) => requirement === "ALTERNATIVE")) {
    return {
      reason: "has ALTERNATIVE steps, which the server ignores beside a gate",
      remedy: "put them into one REQUIRED sub-flow",
    };
  }
  if (!steps.some(({ requirement }) => requirement === "REQUIRED")) {
    return {
      reason: "has no step that always succeeds",
      remedy: "begin it with a REQUIRED allow-access-authenticator",
    };
  }
  return undefined;
}
