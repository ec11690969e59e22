import { planFileOf } from "../plan/plan-file.ts";
import { flagValue } from "./arguments.ts";
import { type Command, createContext } from "./context.ts";
import { readDecisions } from "./decisions.ts";
import { plansOf, printPlans } from "./plans.ts";
import { type PlanReport, refusalsText } from "./report.ts";
import { writeResult } from "./result-file.ts";

/** Exit code that tells a script that something is not as it should be. */
const DRIFT = 2;

export const planCommand: Command = async (surroundings, options) => {
  const context = await createContext(surroundings, options);
  const { log } = context;
  const { decisions } = await readDecisions(context, new Date());
  const plans = plansOf(decisions);
  const file = planFileOf(plans);
  const out = flagValue(options, "--out");
  if (out !== undefined) await writeResult(out, `${JSON.stringify(file, undefined, 2)}\n`);
  const refusals = await context.safeguards.guard(decisions, []);
  // With a refusal nothing is as it should be, even where nothing would change.
  const exitCode = refusals.length === 0 && plans.every(({ plan }) => plan.changes.length === 0) ? 0 : DRIFT;
  if (options.json) {
    const report: PlanReport = {
      command: "plan",
      exitCode,
      fingerprint: file.fingerprint,
      organizations: [...file.organizations],
      refusals: [...refusals],
    };
    surroundings.print(JSON.stringify(report));
  } else {
    printPlans(plans, surroundings);
    if (refusals.length > 0) surroundings.print(refusalsText(refusals));
  }
  for (const { organization, plan } of plans) {
    const { changes, untouched, inSync, fingerprint } = plan;
    log.info({ organization, changes: changes.length, untouched: untouched.length, inSync, fingerprint }, "planned");
  }
  return exitCode;
};
