import { readFile } from "node:fs/promises";
import { isComplete, type Outcome } from "../apply/apply.ts";
import { unlessAborted } from "../concurrency.ts";
import type { Decision } from "../decision.ts";
import { AccessError, EXIT_CODES, messageOf } from "../errors.ts";
import { execute, exitCodeOf } from "../execution.ts";
import type { Organization } from "../organization.ts";
import { recordedRun } from "../recorded-run.ts";
import { addressMatcher } from "../roles/pattern.ts";
import { type Restoration, restorationOf } from "../snapshot/restoration.ts";
import { type OrganizationState, parseSnapshot, readOrganization, type Snapshot } from "../snapshot/snapshot.ts";
import { refuseUnsafe } from "../unsafe-run.ts";
import { type Arguments, flagValues, hasFlag } from "./arguments.ts";
import { type Command, createContext, type Surroundings } from "./context.ts";
import { stoppedEarly } from "./decisions.ts";
import { outcomeText, planText } from "./report.ts";

/** Exit code that tells a script that something is not as it was. */
const DRIFT = 2;

interface Restored extends Restoration {
  readonly organization: Organization;
  readonly state: OrganizationState;
}

export const restoreCommand: Command = async (surroundings, options) => {
  const [file = ""] = options.operands;
  const snapshot = parseSnapshot(await read(file), file);
  const context = await createContext(surroundings, options);
  const { organizations, safeguards, log, stop } = context;
  const chosen = pair(snapshot, organizations, file);
  const removeOthers = hasFlag(options, "--remove-others");
  const withProtected = hasFlag(options, "--with-protected");
  const restoreAll = async () => {
    const restored: Restored[] = [];
    for (const { saved, organization } of chosen) {
      const state = await readOrganization(organization.langfuse);
      const { protect, ignore } = organization.rules;
      const [isProtected, isIgnored] = [addressMatcher(protect), addressMatcher(ignore)];
      const mayRemove = (email: string) => !isIgnored(email) && !isProtected(email);
      // The guard refuses a plan that changes protected people, so that it takes an approval besides.
      const mayChange = (email: string) => !isIgnored(email) && (withProtected || !isProtected(email));
      restored.push({ ...restorationOf(saved, state, { removeOthers, mayChange, mayRemove }), organization, state });
    }
    return restored;
  };

  if (!hasFlag(options, "--apply")) {
    const restored = await restoreAll();
    const isSame = restored.every(({ plan, lostProjects }) => plan.changes.length === 0 && lostProjects.length === 0);
    const exitCode = isSame ? 0 : DRIFT;
    report(surroundings, options, { takenAt: snapshot.takenAt, restored, exitCode });
    return exitCode;
  }
  return await recordedRun("restore", context, async (lost) => {
    const until = AbortSignal.any([stop, lost]);
    const restored = await unlessAborted(until, restoreAll(), stoppedEarly);
    const decisions = restored.map(decisionOf);
    for (const decision of decisions) await safeguards.record({ kind: "decided", decision });
    if (!options.json) report(surroundings, options, { takenAt: snapshot.takenAt, restored, exitCode: 0 });
    const refusals = await safeguards.guard(decisions, flagValues(options, "--approve"));
    await refuseUnsafe(
      decisions,
      refusals,
      safeguards,
      (fingerprint) => `look at the plan; if it is right, run restore again with --apply --approve ${fingerprint}`,
    );
    const executions = await execute(decisions, {
      safeguards,
      stop: until,
    });
    const isWhole = restored.every(({ lostProjects }) => lostProjects.length === 0);
    const exitCode = isWhole ? exitCodeOf(executions) : EXIT_CODES.partial;
    const outcomes = executions.map(({ outcome }) => outcome);
    if (options.json) report(surroundings, options, { takenAt: snapshot.takenAt, restored, outcomes, exitCode });
    else for (const outcome of outcomes) surroundings.print(outcomeText(outcome));
    if (!options.json && outcomes.some(({ applied }) => applied.length > 0)) {
      surroundings.print("The next apply follows the rules again: stop it, or correct the rules, before it runs");
    }
    log.info({ exitCode, complete: outcomes.every(isComplete) }, "restored");
    return exitCode;
  });
};

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new AccessError("usage", `${file} cannot be read (${messageOf(error)}); write it with snapshot --out`);
  }
}

/** The organizations of the snapshot that are configured here; one that is not is an error, as its key is unknown. */
function pair(snapshot: Snapshot, organizations: readonly Organization[], file: string) {
  const byId = new Map(organizations.map((organization) => [organization.rules.organization, organization]));
  const pairs = snapshot.organizations.flatMap((saved) => {
    const organization = byId.get(saved.id);
    return organization === undefined ? [] : [{ saved, organization }];
  });
  if (pairs.length > 0) return pairs;
  const ids = snapshot.organizations.map(({ id }) => id).join(", ");
  throw new AccessError(
    "usage",
    `${file} is of organization ${ids}, and none of these is configured; set LANGFUSE_ORG_ID or SYNC_CONFIG, and --organization, to one of them`,
  );
}

/** As the guards and the execution want it; people and rules do not decide here, so there are none. */
function decisionOf({ organization, state, plan }: Restored): Decision {
  return {
    organization: { ...organization, rules: { ...organization.rules, rules: [], provision: false } },
    state: {
      ...state,
      people: { byEmail: new Map(), linked: new Map() },
      holders: [],
      absences: new Map(),
      unavailable: new Map(),
    },
    plan,
  };
}

function report(
  { print }: Pick<Surroundings, "print">,
  { json }: Pick<Arguments, "json">,
  result: {
    readonly takenAt: string;
    readonly restored: readonly Restored[];
    readonly outcomes?: readonly Outcome[];
    readonly exitCode: number;
  },
): void {
  const { takenAt, restored, outcomes, exitCode } = result;
  if (json) {
    const organizations = restored.map(({ organization: { name, rules }, plan, others, lostProjects }, position) => ({
      organization: rules.organization,
      name,
      plan,
      others,
      lostProjects,
      ...(outcomes?.[position] && { outcome: outcomes[position] }),
    }));
    print(JSON.stringify({ command: "restore", exitCode, takenAt, organizations }));
    return;
  }
  print(`Back to the snapshot of ${takenAt}`);
  for (const { organization, plan, others, lostProjects } of restored) {
    print(planText({ name: organization.name, plan }));
    if (others.length > 0) print(`Not in the snapshot and left alone: ${others.join(", ")}`);
    for (const { name, rows } of lostProjects) {
      print(
        `Cannot be restored: ${rows} role${rows === 1 ? "" : "s"} in project ${name}, which does not exist any more`,
      );
    }
  }
}
