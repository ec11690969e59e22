import { setTimeout as sleep } from "node:timers/promises";
import { deadline } from "../deadline.ts";
import { AccessError } from "../errors.ts";

/** The right to write, as long as it is held. */
export interface Hold {
  /** Aborted when somebody else may have got the right: nothing more may be written then. */
  readonly lost: AbortSignal;
  /** Gives the right back at once; safe to call twice. Throws nothing. */
  release(): Promise<void>;
}

/** One writer at a time, over all runs, commands and machines that share it. */
export interface Lease {
  /**
   * @throws AccessError `refused` when somebody else writes, and as `unreachable` or `unauthorised` when that cannot be
   * found out
   */
  acquire(): Promise<Hold>;
}

/** Somebody else writes at this moment. */
export class HeldByAnother extends AccessError {
  constructor(message: string) {
    super("refused", message);
  }
}

/**
 * Waits until the right to write is free, but no longer than `patience` milliseconds.
 *
 * @throws HeldByAnother when it was not free in time
 */
export async function patiently<H>(
  hold: () => Promise<H>,
  { patience, stop }: { readonly patience: number; readonly stop: AbortSignal },
): Promise<H> {
  using late = deadline(patience, stop);
  for (;;) {
    try {
      return await hold();
    } catch (error) {
      if (!(error instanceof HeldByAnother) || late.signal.aborted) throw error;
    }
    await sleep(RETRY);
  }
}

/** Milliseconds between two attempts. */
const RETRY = 100;

/** @param where for people: what is held, and how to free it if the holder is known to be gone */
export function heldByAnother(holder: string, where: string): HeldByAnother {
  return new HeldByAnother(
    `${holder} is writing at this moment and only one may; nothing was changed; wait until it has ended and run again (${where})`,
  );
}

/** For a place where nothing can be shared; whoever starts the runs then sees to it that there is one at a time. */
export const NO_LEASE: Lease = {
  acquire: async () => ({ lost: new AbortController().signal, release: async () => {} }),
};

/** All of them, or none. */
export function allOf(leases: readonly Lease[]): Lease {
  return {
    acquire: async () => {
      const held: Hold[] = [];
      const release = async () => {
        for (const hold of held.toReversed()) await hold.release();
      };
      try {
        for (const lease of leases) held.push(await lease.acquire());
      } catch (error) {
        await release();
        throw error;
      }
      // AbortSignal.any would be kept in memory, with whoever listens, until it is aborted; most never are.
      const lost = new AbortController();
      for (const hold of held) {
        if (hold.lost.aborted) lost.abort();
        hold.lost.addEventListener("abort", () => lost.abort(), { once: true });
      }
      return { lost: lost.signal, release };
    },
  };
}
