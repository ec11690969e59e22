import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { NamedPeople } from "../scoped/decision.ts";
import type { Hint } from "./hint.ts";
import type { Batch, HintQueue } from "./hint-queue.ts";
import type { Progress } from "./liveness.ts";

/** How a run ended, whose people were read; `busy` if it was not begun because somebody else was writing. */
const RUN_OUTCOMES = ["in-sync", "applied", "refused", "busy"] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** How it can end besides: `failed` if not everything could be read, or written. */
export const RUN_ENDS = [...RUN_OUTCOMES, "failed"] as const;
export type RunEnd = (typeof RUN_ENDS)[number];

/** Why hints are left: too many people waited, they could not be followed for too long, or the process has ended. */
export const LEFT_REASONS = ["overflow", "given-up", "ended"] as const;
export type LeftReason = (typeof LEFT_REASONS)[number];

/** What can be run. Both throw when it could not be read, or not everything could be written. */
export interface HintRuns {
  people(people: NamedPeople, options: { stop: AbortSignal; isLikely: boolean }): Promise<RunOutcome>;
  everybody(stop: AbortSignal): Promise<RunOutcome>;
}

export interface WorkerEvents {
  /** A run has ended. */
  readonly onRun: (scope: Batch["scope"], end: RunEnd, milliseconds: number) => void;
  /** Hints were given up, so that the next run about everybody has to find what they were about. */
  readonly onLeft: (reason: LeftReason, hints: number) => void;
}

export interface Worker {
  hint(hint: Hint): void;
  /** Runs about everybody who waits, once, and ends; runs that take longer than `grace` milliseconds are told to stop. */
  drain(grace: number): Promise<void>;
  progress(): Progress;
}

/** Makes one run after another, as the queue has them. */
export function createWorker(
  queue: HintQueue,
  runs: HintRuns,
  { onRun, onLeft, log, now }: WorkerEvents & { readonly log: Pick<Logger, "warn">; readonly now: () => number },
): Worker {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let isEnding = false;
  let runningSince: number | undefined;

  const run = async (batch: Batch) => {
    const takenAt = now();
    runningSince = takenAt;
    const end = (how: RunEnd) => {
      runningSince = undefined;
      onRun(batch.scope, how, now() - takenAt);
    };
    try {
      const outcome = await (batch.scope === "people"
        ? runs.people(batch, { stop: stop.signal, isLikely: batch.isLikely })
        : runs.everybody(stop.signal));
      if (outcome === "busy") queue.busy(now());
      else queue.done(batch, takenAt);
      end(outcome);
    } catch (error) {
      log.warn({ scope: batch.scope, reason: messageOf(error) }, "what an event was about could not be followed yet");
      const left = queue.failed(batch, now());
      if (left > 0) onLeft("given-up", left);
      end("failed");
    }
  };
  const work = async () => {
    for (let batch = queue.take(now()); batch !== undefined; batch = queue.take(now())) await run(batch);
  };
  const schedule = () => {
    const at = queue.nextAt();
    clearTimeout(timer);
    if (at === undefined || working !== undefined || isEnding) return;
    timer = setTimeout(begin, Math.max(0, at - now()));
  };
  // A timer may come early by the queue's clock, so that nothing is due and `work` ends at once. Its end must still come
  // after `working` is set, or it would be taken for under way for ever.
  const begin = () => {
    working ??= work().finally(() => {
      working = undefined;
      schedule();
    });
  };

  return {
    hint: (hint) => {
      const size = queue.size;
      if (queue.add(hint, now()) === "overflow") onLeft("overflow", size);
      schedule();
    },
    drain: async (grace) => {
      isEnding = true;
      clearTimeout(timer);
      const late = setTimeout(() => stop.abort(), grace);
      await working;
      queue.hurry(now());
      for (let batch = queue.take(now()); batch !== undefined && !stop.signal.aborted; batch = queue.take(now())) {
        await run(batch);
      }
      stop.abort();
      clearTimeout(late);
      if (queue.nextAt() !== undefined) onLeft("ended", Math.max(1, queue.size));
    },
    progress: () => ({ dueAt: queue.nextAt(), runningSince }),
  };
}
