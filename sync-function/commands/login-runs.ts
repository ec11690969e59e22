import { valuesOf } from "../concurrency.ts";
import { type OrganizationConfiguration, readConfiguration } from "../configuration.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PersonRunResult, PersonRuns } from "../scoped/person-runs.ts";
import type { Surroundings } from "./context.ts";
import { personRunsOf } from "./person-runs.ts";
import { shardEnvironments } from "./shard-environments.ts";

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
  const all = shardEnvironments(surroundings.environment, shard.of).map((environment) =>
    personRunsOf({ ...surroundings, environment }, "login", log, isHere),
  );
  return {
    run: async (people, options) => {
      // To the end of each: a write in hand would be cut off if the process ended with the first failure.
      const ended = await Promise.allSettled(all.map((runs) => runs.run(people, options)));
      const results = valuesOf(ended, (failure) =>
        log.warn({ reason: messageOf(failure) }, "another Job's part failed"),
      );
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
