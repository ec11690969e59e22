import { applyChanges, isComplete, type Outcome } from "./apply/apply.ts";
import type { Decision } from "./decision.ts";
import { EXIT_CODES, messageOf } from "./errors.ts";
import type { Change } from "./plan/change.ts";
import type { Safeguards } from "./safeguards.ts";

/** What became of the plan of one organization. */
export interface Execution {
  readonly decision: Decision;
  readonly outcome: Outcome;
}

export interface ExecutionOptions {
  readonly safeguards: Pick<Safeguards, "record">;
  /** Once aborted, the people in hand are finished and nobody else is begun. */
  readonly stop: AbortSignal;
  readonly onAnswer?: (organization: string, change: Change, failure: string | undefined) => void;
}

/** Applies plans that no guard has refused, one organization after another. */
export async function execute(
  decisions: readonly Decision[],
  { safeguards, stop, onAnswer }: ExecutionOptions,
): Promise<readonly Execution[]> {
  const unrecorded = new AbortController();
  /** What leaves no trace must not go on, but what was begun is still reported. */
  const orEnd = (trace: Promise<void>) => trace.catch((error: unknown) => unrecorded.abort(error));
  const until = AbortSignal.any([stop, unrecorded.signal]);
  const executions: Execution[] = [];
  for (const decision of decisions) {
    const { organization, plan } = decision;
    const id = organization.rules.organization;
    const outcome = await applyChanges(plan.changes, organization.langfuse, {
      stop: until,
      owners: {
        owners: decision.state.members.filter(({ role }) => role === "OWNER").length,
        minimum: organization.guards.minimumOwners,
      },
      onAnswer: async (change, failure) => {
        onAnswer?.(id, change, failure);
        await orEnd(safeguards.record({ kind: "answered", organization: id, change, failure }));
      },
    });
    await orEnd(safeguards.record({ kind: "verified", organization: id, outcome }));
    executions.push({ decision, outcome });
  }
  if (!unrecorded.signal.aborted) return executions;
  const unverified = `what was done could not be written down: ${messageOf(unrecorded.signal.reason)}`;
  return executions.map(({ decision, outcome }) => ({ decision, outcome: { unverified, ...outcome } }));
}

export function exitCodeOf(executions: readonly Execution[]): number {
  return executions.every(({ outcome }) => isComplete(outcome)) ? 0 : EXIT_CODES.partial;
}
