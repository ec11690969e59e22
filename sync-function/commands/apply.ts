import { readFile } from "node:fs/promises";
import { unlessAborted } from "../concurrency.ts";
import { type Decision, memoryAfter } from "../decision.ts";
import { AccessError, messageOf } from "../errors.ts";
import { execute, exitCodeOf } from "../execution.ts";
import { logAnswers } from "../execution-log.ts";
import { raises } from "../plan/change.ts";
import { differences, type OrganizationPlan, type PlanFile, parsePlanFile, planFileOf } from "../plan/plan-file.ts";
import { recordedRun } from "../recorded-run.ts";
import { keepSnapshot } from "../snapshot/keeping.ts";
import { refuseUnsafe } from "../unsafe-run.ts";
import { type Arguments, flagValue, flagValues } from "./arguments.ts";
import { type Command, type Context, createContext, type Surroundings } from "./context.ts";
import { readDecisions, stoppedEarly } from "./decisions.ts";
import { plansOf, printPlans } from "./plans.ts";
import { type ApplyReport, outcomeText } from "./report.ts";

export const applyCommand: Command = async (surroundings, options) => {
  const planned = await readPlan(flagValue(options, "--plan"));
  const context = await createContext(surroundings, options);
  return await recordedRun("apply", context, (lost) =>
    apply(surroundings, options, { ...context, stop: AbortSignal.any([context.stop, lost]) }, planned),
  );
};

/** What `apply` does while it may write. */
export async function apply(
  surroundings: Pick<Surroundings, "print">,
  options: Pick<Arguments, "json" | "flags">,
  context: Context,
  planned: PlanFile | undefined,
): Promise<number> {
  const { safeguards, log, stop } = context;
  const now = new Date();
  const { decisions, memory } = await readDecisions(context, now);
  const plans = plansOf(decisions);
  if (!options.json) printPlans(plans, surroundings);
  for (const { organization, plan } of plans) {
    log.info({ organization, changes: plan.changes.length, fingerprint: plan.fingerprint }, "planned");
  }
  if (planned !== undefined) refuseOther(planned, plans);
  for (const decision of decisions) await safeguards.record({ kind: "decided", decision });
  // Before anything is changed: where it cannot be kept nothing is, and a refused run has seen who was missing too.
  await safeguards.save(memoryAfter(decisions, memory, now));
  const refusals = await safeguards.guard(decisions, flagValues(options, "--approve"));
  await refuseUnsafe(
    decisions,
    refusals,
    safeguards,
    (fingerprint) => `look at the plan; if it is right, run apply --approve ${fingerprint}`,
  );
  await keepBefore(decisions, context, now);

  const executions = await execute(decisions, { safeguards, stop, onAnswer: logAnswers(log) });
  const exitCode = exitCodeOf(executions);
  const outcomes = executions.map(({ outcome }) => outcome);
  if (options.json) {
    const file = planFileOf(plans);
    const byId = new Map(
      executions.map(({ decision, outcome }) => [decision.organization.rules.organization, outcome]),
    );
    const report: ApplyReport = {
      command: "apply",
      exitCode,
      fingerprint: file.fingerprint,
      organizations: file.organizations.flatMap((one) => {
        const outcome = byId.get(one.organization);
        return outcome === undefined ? [] : [{ ...one, outcome }];
      }),
    };
    surroundings.print(JSON.stringify(report));
  } else {
    for (const [position, outcome] of outcomes.entries()) {
      const name = plans.length > 1 ? `Organization ${plans[position]?.name}\n` : "";
      surroundings.print(`${name}${outcomeText(outcome)}`);
    }
  }
  return exitCode;
}

/** A grant is undone by the rules; what was taken may be known nowhere else, above all the roles in projects. */
export async function keepBefore(
  decisions: readonly Decision[],
  { configuration, log, stop }: Pick<Context, "configuration" | "log" | "stop">,
  now: Date,
): Promise<void> {
  const folder = configuration.values.SNAPSHOT_FOLDER;
  const losing = decisions.filter(({ plan }) => plan.changes.some((change) => !raises(change)));
  if (folder === undefined || losing.length === 0) return;
  const organizations = losing.map(({ organization }) => organization);
  const file = await unlessAborted(stop, keepSnapshot(folder, organizations, now), stoppedEarly);
  log.info({ file, organizations: organizations.length }, "snapshot taken");
}

async function readPlan(path: string | undefined): Promise<PlanFile | undefined> {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new AccessError("usage", `--plan "${path}" cannot be read (${messageOf(error)}); write it with plan --out`);
  }
  const parsed = parsePlanFile(text);
  if (!("problem" in parsed)) return parsed;
  throw new AccessError("usage", `--plan "${path}" ${parsed.problem}; write it again with plan --out`);
}

function refuseOther(planned: PlanFile, plans: readonly OrganizationPlan[]): void {
  const moved = differences(planned, plans);
  if (moved.length === 0) return;
  throw new AccessError(
    "refused",
    `the plan is not true any more, and nothing was changed:\n${moved.join("\n")}\nmake a new one with plan --out, and look at it`,
  );
}
