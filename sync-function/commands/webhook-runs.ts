import { valuesOf } from "../concurrency.ts";
import { AccessError, EXIT_CODES, messageOf } from "../errors.ts";
import { HeldByAnother, patiently } from "../lease/lease.ts";
import type { Logger } from "../log.ts";
import { recordedRun } from "../recorded-run.ts";
import type { HintRuns, RunOutcome } from "../webhook/worker.ts";
import { apply } from "./apply.ts";
import { createContext, RUN_DEADLINE, type Surroundings } from "./context.ts";
import { personRunsOf } from "./person-runs.ts";
import { shardEnvironments } from "./shard-environments.ts";

const COMMAND = "webhook";
/** Milliseconds that a run about everybody waits for another one to end. */
const PATIENCE = 5_000;

/** Milliseconds after which a run has ended for each shard: it is told to stop before, and has some for what is left to do. */
export const LONGEST_RUN = RUN_DEADLINE + 5 * 60_000;

/**
 * Runs of the configuration that the process has, once for each shard: the webhook serves all of them.
 *
 * @param shards number of Jobs that share the organizations
 */
export function webhookRuns(surroundings: Surroundings, shards: number, log: Logger): HintRuns {
  const environments = shardEnvironments(surroundings.environment, shards);
  const all = environments.map((environment) => ({ ...surroundings, environment }));
  const personRuns = all.map((own) => personRunsOf(own, COMMAND, log));
  const oneByOne = async <T>(items: readonly T[], run: (item: T) => Promise<RunOutcome>): Promise<RunOutcome> => {
    const ended: PromiseSettledResult<RunOutcome>[] = [];
    // One that fails stands in the way of no other.
    for (const item of items) ended.push(...(await Promise.allSettled([run(item)])));
    const outcomes = valuesOf(ended, (failure) =>
      log.warn({ reason: messageOf(failure) }, "another Job's part failed"),
    );
    return outcomes.reduce((worst, one) => (RANK.indexOf(one) > RANK.indexOf(worst) ? one : worst), "in-sync");
  };
  return {
    people: (named, options) =>
      oneByOne(personRuns, async (runs) => {
        const { outcome, changes, message } = await runs.run(named, options);
        if (outcome === "partial") throw partial();
        if (message !== undefined) log.warn({ outcome, reason: message }, "nothing was changed");
        if (changes.length > 0) log.info({ changes: changes.length }, "followed an event");
        return outcome;
      }),
    everybody: (stop) => oneByOne(all, (own) => runEverybody({ ...own, stop })),
  };
}

/** The further behind, the more there is to be done. */
const RANK: readonly RunOutcome[] = ["in-sync", "applied", "refused", "busy"];

/** What `apply` does, with its own connections; what it plans is in the log and not printed. */
async function runEverybody(surroundings: Surroundings): Promise<RunOutcome> {
  using context = await createContext(surroundings);
  const { safeguards, log, stop } = context;
  const hold = () => patiently(safeguards.hold, { patience: PATIENCE, stop });
  const options = { json: false, flags: {} };
  try {
    const exitCode = await recordedRun(COMMAND, { safeguards: { ...safeguards, hold }, log }, (lost) =>
      apply({ print: () => {} }, options, { ...context, stop: AbortSignal.any([stop, lost]) }, undefined),
    );
    if (exitCode !== EXIT_CODES.partial) return "applied";
  } catch (error) {
    if (!(error instanceof AccessError) || error.kind !== "refused") throw error;
    if (error instanceof HeldByAnother) return "busy";
    log.warn({ reason: error.message }, "nothing was changed");
    return "refused";
  }
  throw partial();
}

function partial(): AccessError {
  return new AccessError("partial", "some changes failed or were not attempted; the log has each of them");
}
