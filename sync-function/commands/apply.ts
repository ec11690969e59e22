import { applyChanges } from "../apply/apply.ts";
import { decide } from "../decision.ts";
import { AccessError, EXIT_CODES } from "../errors.ts";
import { type Command, createContext } from "./context.ts";
import { type ApplyReport, isComplete, outcomeText, planText } from "./report.ts";

export const applyCommand: Command = async (surroundings, { json }) => {
  const { keycloak, langfuse, rules, log, stop } = createContext(surroundings);
  const { organization } = rules;
  const plan = await decide(keycloak, langfuse, rules).catch((error: unknown) => {
    throw stop.aborted ? stoppedEarly() : error;
  });
  if (stop.aborted) throw stoppedEarly();
  if (!json) surroundings.print(planText({ organization, plan }));
  log.info({ changes: plan.changes.length, fingerprint: plan.fingerprint }, "planned");

  const outcome = await applyChanges(plan.changes, langfuse, {
    stop,
    onAnswer: ({ email, userId, from, to, reason }, failure) => {
      const change = { email, userId, from, to, reason, organization };
      if (failure === undefined) log.info(change, "role changed");
      else log.error({ ...change, failure }, "role not changed");
    },
  });
  const exitCode = isComplete(outcome) ? 0 : EXIT_CODES.partial;
  const report: ApplyReport = { command: "apply", exitCode, organization, plan, outcome };
  surroundings.print(json ? JSON.stringify(report) : outcomeText(outcome));
  const { applied, failed, notAttempted, unverified } = outcome;
  log.info(
    { applied: applied.length, failed: failed.length, notAttempted: notAttempted.length, unverified, exitCode },
    "finished",
  );
  return exitCode;
};

function stoppedEarly(): AccessError {
  return new AccessError(
    "incomplete",
    "the run was told to stop, or its time was over, before anything was changed; run again",
  );
}
