/** A limit to how long something may take, to be let go of when that has ended. */
export interface Deadline extends Disposable {
  /** Aborted when the time is over, or with the first of the others. */
  readonly signal: AbortSignal;
}

/**
 * What `AbortSignal.any` of an `AbortSignal.timeout` is meant to be. One of those is never aborted if memory is cleaned up
 * after its time was over and before anybody looks, and one that somebody listens to stays in memory until its time is
 * over, with all that they know.
 *
 * @param milliseconds do not keep a process from ending
 */
export function deadline(milliseconds: number, ...others: readonly AbortSignal[]): Deadline {
  const over = new AbortController();
  const abort = () => over.abort();
  const timer = setTimeout(abort, milliseconds).unref();
  for (const other of others) {
    if (other.aborted) abort();
    other.addEventListener("abort", abort, { once: true });
  }
  return {
    signal: over.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      for (const other of others) other.removeEventListener("abort", abort);
    },
  };
}
