import { planFileOf } from "../plan/plan-file.ts";
import { type Command, createContext } from "./context.ts";
import { readDecisions } from "./decisions.ts";
import { plansOf, printPlans } from "./plans.ts";
import { refusalsText } from "./report.ts";

/** Exit code that tells a script that something is not as it should be. */
const DRIFT = 2;

/** Says nothing where everything is as it should be, so that a scheduler speaks up only when there is something to see. */
export const checkCommand: Command = async (surroundings, options) => {
  const context = await createContext(surroundings, options);
  const { log } = context;
  const { decisions } = await readDecisions(context, new Date());
  const plans = plansOf(decisions);
  const refusals = await context.safeguards.guard(decisions, []);
  const refused = new Set(refusals.map(({ organization }) => organization));
  const drifted = plans.filter(({ organization, plan }) => plan.changes.length > 0 || refused.has(organization));
  const exitCode = drifted.length === 0 ? 0 : DRIFT;
  if (options.json) {
    surroundings.print(JSON.stringify({ command: "check", exitCode, ...planFileOf(plans), refusals }));
  } else if (drifted.length > 0) {
    printPlans(drifted, surroundings);
    if (refusals.length > 0) surroundings.print(refusalsText(refusals));
  }
  log.info({ organizations: plans.length, drifted: drifted.length, exitCode }, "checked");
  return exitCode;
};
