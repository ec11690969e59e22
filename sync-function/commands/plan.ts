import { decide } from "../decision.ts";
import { type Command, createContext } from "./context.ts";
import { type PlanReport, planText } from "./report.ts";

/** Exit code that tells a script that something is not as it should be. */
const DRIFT = 2;

export const planCommand: Command = async (surroundings, { json }) => {
  const { keycloak, langfuse, rules, log } = createContext(surroundings);
  const plan = await decide(keycloak, langfuse, rules);
  const exitCode = plan.changes.length === 0 ? 0 : DRIFT;
  const report: PlanReport = { command: "plan", exitCode, organization: rules.organization, plan };
  surroundings.print(json ? JSON.stringify(report) : planText(report));
  const { changes, untouched, inSync, fingerprint } = plan;
  log.info({ changes: changes.length, untouched: untouched.length, inSync, fingerprint }, "planned");
  return exitCode;
};
