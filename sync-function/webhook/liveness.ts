/** What a worker is at. Times are milliseconds of one clock that is never set back. */
export interface Progress {
  /** When the next run should begin; undefined when nothing waits. */
  readonly dueAt: number | undefined;
  /** When the run that is under way has begun; undefined when there is none. */
  readonly runningSince: number | undefined;
}

/** Milliseconds after which a run that is due has begun. Its timer comes within some of them. */
export const LONGEST_DELAY = 60_000;

/**
 * Whether the worker does nothing that it should do, and so never will. Everything that takes its time is none of that: a pause
 * after a failure or for another run that writes, since nothing is due in it, and a run about everybody, however long it may.
 *
 * @param longestRun milliseconds after which a run has ended by itself
 */
export function isStuck({ dueAt, runningSince }: Progress, now: number, longestRun: number): boolean {
  if (runningSince !== undefined) return now - runningSince > longestRun;
  return dueAt !== undefined && now - dueAt > LONGEST_DELAY;
}
