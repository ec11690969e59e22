import { combinedFingerprint } from "../plan/fingerprint.ts";
import type { Plan } from "../plan/plan.ts";
import { objectionTo } from "./approval.ts";
import { guard } from "./guard.ts";
import type { GuardLimits } from "./limits.ts";
import type { Refusal } from "./refusal.ts";
import type { GuardWorld } from "./world.ts";

/** The plan of one organization with what it was made from. */
export interface GuardedPlan {
  readonly plan: Plan;
  readonly world: GuardWorld;
  readonly limits: GuardLimits;
}

export interface RunVerdict {
  /** What stands against the run; nothing of it may be applied unless this is empty or `approved`. */
  readonly refusals: readonly Refusal[];
  readonly approved: boolean;
  /** Of the plan, or of all plans together: what an approval must name. */
  readonly fingerprint: string;
}

/**
 * Judges all plans of a run together: where one is refused none is applied, because what is wrong upstream may be wrong for
 * all of them.
 *
 * @param approvals fingerprints that somebody gave, or their first characters; one of them must be of this run
 * @param isUsed whether a fingerprint was approved before
 */
export function judgeRun(
  plans: readonly GuardedPlan[],
  approvals: readonly string[],
  isUsed: (fingerprint: string) => boolean,
): RunVerdict {
  const fingerprint = combinedFingerprint(plans.map(({ plan }) => plan));
  const refusals = plans.flatMap(({ plan, world, limits }) => guard(plan, world, limits));
  if (approvals.length === 0 || refusals.length === 0) return { refusals, approved: false, fingerprint };
  const objection = objectionTo({ given: approvals, fingerprint, used: isUsed(fingerprint) });
  if (objection === undefined) return { refusals, approved: true, fingerprint };
  const organization = refusals[0]?.organization ?? "";
  const refused: Refusal = { guard: "approval", organization, count: 0, limit: 0, people: [], message: objection };
  return { refusals: [...refusals, refused], approved: false, fingerprint };
}
