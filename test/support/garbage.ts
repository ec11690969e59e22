import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Lets go of everything that nobody can reach any more, as it happens at any moment of a process that lives long. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  // What was looked at in this turn is kept to its end.
  await nextTurn();
  collect();
  await nextTurn();
}
