import type { Decision } from "../decision.ts";
import { combinedFingerprint } from "../plan/fingerprint.ts";
import type { OrganizationPlan } from "../plan/plan-file.ts";
import type { Surroundings } from "./context.ts";
import { planText } from "./report.ts";

export function plansOf(decisions: readonly Pick<Decision, "organization" | "plan">[]): readonly OrganizationPlan[] {
  return decisions.map(({ organization: { name, rules }, plan }) => ({ organization: rules.organization, name, plan }));
}

/** One table for each organization; several have a line of their own together. */
export function printPlans(plans: readonly OrganizationPlan[], { print }: Pick<Surroundings, "print">): void {
  print(plans.map(planText).join("\n\n"));
  if (plans.length === 1) return;
  const changes = plans.reduce((sum, { plan }) => sum + plan.changes.length, 0);
  const fingerprint = combinedFingerprint(plans.map(({ plan }) => plan)).slice(0, 12);
  print(`\n${plans.length} organizations: ${changes} changes; fingerprint ${fingerprint}`);
}
