import { AccessError } from "#sync/errors.ts";
import type { Flow, Subflow } from "#sync/gate/flow-tree.ts";
import { type FlatExecution, replicate } from "#sync/gate/replica.ts";
import {
  appendedGates,
  type GateSpecification,
  isGenerationOf,
  postBrokerFlow,
  slug,
} from "#sync/gate/specification.ts";
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
 * Covers every enabled identity provider, because a login through one skips the browser flow; and a disabled one that is
 * covered already, so that enabling it again opens nothing.
 */
export function planPostBroker(
  { identityProviders, flows }: Pick<RealmFacts, "identityProviders" | "flows">,
  specification: GateSpecification,
): PostBrokerPlan {
  const ours = `${specification.flow}-post-broker`;
  const isOurs = (flow: string | undefined) => flow !== undefined && isGenerationOf(flow, ours);
  const concerned = identityProviders.filter(({ enabled, postFlow }) => enabled || isOurs(postFlow));
  const own = concerned.filter(({ postFlow }) => postFlow === undefined || isOurs(postFlow));
  const foreign = new Set(concerned.flatMap(({ postFlow }) => (postFlow && !isOurs(postFlow) ? [postFlow] : [])));
  for (const flow of foreign) requireRoomForGate(flow, flows[flow], specification);
  return {
    flow: own.length > 0 ? postBrokerFlow(specification) : undefined,
    identityProviders: own.map(({ alias }) => alias).toSorted(),
    appended: [...foreign].toSorted().map((flow) => ({ flow, gates: appendedGates(specification, flow) })),
  };
}

/** Refuses a flow of others in which a gate would not hold, or would lock everybody out. */
function requireRoomForGate(
  flow: string,
  found: RealmFacts["flows"][string] | undefined,
  specification: GateSpecification,
): void {
  const refusal = (reason: string, remedy: string) =>
    new AccessError(
      "refused",
      `The post-broker flow "${flow}" ${reason}, so the login gate cannot be appended to it: ${remedy}.`,
    );
  if (found === undefined) throw refusal("does not exist", "set another one on its identity providers");
  if (found.builtIn) throw refusal("is built in", "set a copy of it, or none, on its identity providers");
  const names = specification.gates.map(({ scope }) => `${scope}-in-${slug(flow)}`);
  const others = withoutGates(found.executions, names);
  const steps = others.filter(
    ({ level, requirement, providerId }) =>
      level === 0 && requirement !== "DISABLED" && !providerId?.startsWith("conditional-"),
  );
  if (steps.some(({ requirement }) => requirement === "ALTERNATIVE")) {
    throw refusal(
      "has ALTERNATIVE steps, which the server ignores beside a gate",
      "put them into one REQUIRED sub-flow",
    );
  }
  if (!steps.some(({ requirement }) => requirement === "REQUIRED")) {
    throw refusal("has no step that always succeeds", "begin it with a REQUIRED allow-access-authenticator");
  }
  replicate(flow, others, flow);
}

/** The executions of the flow without the gates of an earlier run. */
function withoutGates(executions: readonly FlatExecution[], names: readonly string[]): FlatExecution[] {
  let isInGate = false;
  return executions.filter(({ level, displayName = "" }) => {
    if (level === 0) isInGate = names.some((name) => isGenerationOf(displayName, name));
    return !isInGate;
  });
}
