/**
 * Applies `work` to every item, at most `limit` at a time; the results keep the order of the items. After a failure no
 * further item is begun.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/**
 * What several have come to that were waited for one and all. Throws the first failure, if there was any.
 *
 * @param tell called with every other failure, so that none is lost
 */
export function valuesOf<T>(ended: readonly PromiseSettledResult<T>[], tell: (failure: unknown) => void): T[] {
  const [first, ...others] = ended.filter((one) => one.status === "rejected");
  for (const { reason } of others) tell(reason);
  if (first !== undefined) throw first.reason;
  return ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

/**
 * The result of `work`, unless `signal` is aborted first: then `error` is thrown at once, and the work goes on without
 * anybody waiting for it.
 */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>, error: () => Error): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(error());
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([aborted.promise, work]);
  } catch (failure) {
    // A request that was ended by the signal fails before the signal's own turn comes.
    throw signal.aborted ? error() : failure;
  } finally {
    signal.removeEventListener("abort", onAbort);
    unheard(work);
  }
}

/** A promise that may fail before anybody waits for it; whoever does is told. */
export function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
