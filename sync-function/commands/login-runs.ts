import { type Configuration, type OrganizationConfiguration, readConfiguration } from "../configuration.ts";
import type { Logger } from "../log.ts";
import type { PersonRunResult, PersonRuns } from "../scoped/person-runs.ts";
import type { Surroundings } from "./context.ts";
import { personRunsOf } from "./person-runs.ts";

/** The further behind, the more there is to be done. */
const RANK: readonly PersonRunResult["outcome"][] = ["in-sync", "applied", "busy", "refused", "partial"];

/**
 * Runs about people who log in to one Langfuse: about its organizations alone, whichever Job of the schedule looks after
 * each of them.
 *
 * @param upstream address of that Langfuse, beside the one that the configuration has
 * @throws AccessError `usage` when the configuration is wrong
 */
export function loginRuns(
  surroundings: Pick<Surroundings, "environment" | "print" | "stop">,
  upstream: string,
  log: Logger,
): PersonRuns {
  const { shard, values } = readConfiguration(surroundings.environment);
  const isHere = ({ langfuse }: OrganizationConfiguration) => [upstream, values.LANGFUSE_URL].includes(langfuse.url);
  // Each Job has a lease and a state of its own.
  const all = Array.from({ length: shard.of }, (_, index) => {
    const environment = { ...surroundings.environment, ...indexOf(index, shard) };
    return personRunsOf({ ...surroundings, environment }, "login", log, isHere);
  });
  return {
    run: async (people, options) => {
      const results = await Promise.all(all.map((runs) => runs.run(people, options)));
      const rank = ({ outcome }: PersonRunResult) => RANK.indexOf(outcome);
      const worst = results.toSorted((left, right) => rank(right) - rank(left))[0];
      return {
        outcome: worst?.outcome ?? "in-sync",
        changes: results.flatMap(({ changes }) => changes),
        ...(worst?.message !== undefined && { message: worst.message }),
      };
    },
  };
}

function indexOf(index: number, { of }: Configuration["shard"]): Readonly<Record<string, string>> {
  return of > 1 ? { JOB_COMPLETION_INDEX: String(index) } : {};
}
