import type { Environment } from "../configuration/environment.ts";

/**
 * The environments of all Jobs that share the organizations, for a process that serves each of them: each has a lease and a
 * state of its own.
 *
 * @param shards number of Jobs
 */
export function shardEnvironments(environment: Environment, shards: number): readonly Environment[] {
  if (shards === 1) return [environment];
  return Array.from({ length: shards }, (_, index) => ({ ...environment, JOB_COMPLETION_INDEX: `${index}` }));
}
