/** What a worker is at. Times are milliseconds of one clock that is never set back. */
export interface Progress {
  /** When the next run should begin; undefined when nothing waits. */
  readonly dueAt: number | undefined;
  /** When the run that is under way has begun; undefined when there is none. */
  readonly runningSince: number | undefined;
}

/**
 * Milliseconds for one run. It ends by itself after a quarter of an hour, plus the seconds that it has for its last calls, its
 * records and its figures.
 */
export const LONGEST_RUN = 20 * 60_000;

/** Milliseconds after which a run that is due has begun. Its timer comes within some of them. */
export const LONGEST_DELAY = 60_000;

/**
 * Whether the worker does nothing that it should do, and so never will. Everything that takes its time is none of that: a pause
 * after a failure or for another run that writes, since nothing is due in it, and a run about everybody, however long it may.
 *
 * @param runs number of runs that are made one after another as one
 */
export function isStuck({ dueAt, runningSince }: Progress, now: number, runs: number): boolean {
  if (runningSince !== undefined) return now - runningSince > LONGEST_RUN * runs;
  return dueAt !== undefined && now - dueAt > LONGEST_DELAY;
}
