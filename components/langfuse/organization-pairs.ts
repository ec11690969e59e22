import type { KeyPair } from "./connection.ts";
import { isRefusedKey } from "./refused-key.ts";

/**
 * How long after the first refusal a pair may still be heard of for the first time, in milliseconds. A refresh reads
 * resources in any order, those that a key opens beside the key itself, and on a busy machine not within moments.
 */
const PATIENCE = 15_000;

/** The pairs of one organization that this process heard of. */
export class OrganizationPairs {
  readonly #patience: number;
  readonly #waiting = new Set<() => void>();
  #known: readonly KeyPair[] = [];
  #endsAt: number | undefined;

  constructor(patience = PATIENCE) {
    this.#patience = patience;
  }

  get newest(): KeyPair | undefined {
    return this.#known[0];
  }

  /** A pair that was current a moment ago; the last one that is told counts most. */
  remember({ publicKey, secretKey }: KeyPair): void {
    this.#known = [{ publicKey, secretKey }, ...this.#known.filter((pair) => pair.secretKey !== secretKey)];
    for (const wake of this.#waiting) wake();
  }

  /**
   * Does something with the first pair that is accepted: those that are known, the newest first, then the given one. Where
   * none is known yet, it waits until one is heard of: whoever tells of a pair has the current one.
   *
   * @param waits false where nobody is going to tell of a pair, as in a deletion of everything
   * @throws the first refusal when all are refused, and every other error at once
   */
  async withAccepted<T>(given: KeyPair, work: (pair: KeyPair) => Promise<T>, waits = true): Promise<T> {
    const tried = new Set<string>();
    let refusal: unknown;
    for (;;) {
      const pair = [...this.#known, given].find(({ secretKey }) => !tried.has(secretKey));
      if (!pair) {
        if (waits && this.#known.length === 0 && (await this.#news())) continue;
        throw refusal;
      }
      tried.add(pair.secretKey);
      try {
        return await work(pair);
      } catch (error) {
        if (!isRefusedKey(error)) throw error;
        refusal ??= error;
      }
    }
  }

  /** Whether something is heard before the patience is over, which is one for the whole process. */
  async #news(): Promise<boolean> {
    this.#endsAt ??= performance.now() + this.#patience;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const wake = () => resolve(true);
    this.#waiting.add(wake);
    const late = setTimeout(resolve, Math.max(0, this.#endsAt - performance.now()), false);
    return await promise.finally(() => {
      clearTimeout(late);
      this.#waiting.delete(wake);
    });
  }
}
