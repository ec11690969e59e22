import { unlessAborted } from "../concurrency.ts";
import { type Decision, decide } from "../decision.ts";
import { AccessError } from "../errors.ts";
import type { Memory } from "../people/memory.ts";
import type { Context } from "./context.ts";

export interface Reading {
  readonly decisions: readonly Decision[];
  /** What earlier runs remember. */
  readonly memory: Memory;
}

/**
 * Reads both sides and decides.
 *
 * @param options as for `decide`
 * @throws AccessError `incomplete` at once when the run is told to stop
 */
export async function readDecisions(
  { directory, organizations, safeguards, stop }: Context,
  now: Date,
  options: { readonly everybody?: boolean } = {},
): Promise<Reading> {
  const read = async () => {
    const memory = await safeguards.load();
    return { memory, decisions: await decide(directory, organizations, memory, now, options) };
  };
  return await unlessAborted(stop, read(), stoppedEarly);
}

export function stoppedEarly(): AccessError {
  return new AccessError(
    "incomplete",
    "the run was told to stop, or its time was over, before anything was changed; run again",
  );
}
