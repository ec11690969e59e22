import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Hint } from "#sync/webhook/hint.ts";
import { HintQueue } from "#sync/webhook/hint-queue.ts";
import { isStuck, LONGEST_DELAY, LONGEST_RUN } from "#sync/webhook/liveness.ts";
import { createWorker, type RunOutcome } from "#sync/webhook/worker.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const somebody: Hint = { kind: "people", ids: ["a"], emails: [], isLikely: true };
const everybody: Hint = { kind: "everybody" };

interface Situation {
  /** How a run ends, after how long. */
  readonly run?: () => Promise<RunOutcome>;
  readonly hint?: Hint;
  /** Seconds between two of them; one alone by default. */
  readonly every?: number;
  readonly minutes: number;
  readonly runs?: number;
}

const takes = (milliseconds: number, outcome: RunOutcome = "in-sync") =>
  new Promise<RunOutcome>((resolve) => setTimeout(resolve, milliseconds, outcome));
const fails = async (milliseconds: number): Promise<RunOutcome> => {
  await takes(milliseconds);
  throw new Error("no answer");
};

/** Seconds at which the worker counts as stuck, of all those that the situation lasts. */
async function stuckSeconds({ run = () => takes(50), hint, every, minutes, runs = 1 }: Situation): Promise<number[]> {
  const ignore = () => {};
  const worker = createWorker(
    new HintQueue(),
    { people: run, everybody: run },
    { log: { warn: ignore }, now: Date.now, onRun: ignore, onLeft: ignore },
  );
  const stuck: number[] = [];
  for (let second = 0; second < minutes * 60; second += 1) {
    if (hint && (every === undefined ? second === 0 : second % every === 0)) worker.hint(hint);
    await vi.advanceTimersByTimeAsync(SECOND);
    if (isStuck(worker.progress(), Date.now(), runs)) stuck.push(second + 1);
  }
  return stuck;
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const NEVER = new Promise<RunOutcome>(() => {});

describe("a worker is not stuck", () => {
  it.each<[string, Situation]>([
    ["when no event comes for hours", { minutes: 180 }],
    ["when it has followed an event", { hint: somebody, minutes: 10 }],
    ["when events come all the time", { hint: somebody, every: 1, minutes: 10 }],
    [
      "while a run about everybody takes all the time that it has",
      { hint: everybody, run: () => takes(20 * MINUTE), minutes: 30 },
    ],
    ["while people wait for that", { hint: somebody, every: 5, run: () => takes(20 * MINUTE), minutes: 60 }],
    [
      "while three Jobs' organizations are read in turn",
      { hint: everybody, run: () => takes(59 * MINUTE), minutes: 70, runs: 3 },
    ],
    ["while Keycloak answers nothing", { hint: somebody, every: 7, run: () => fails(20 * SECOND), minutes: 60 }],
    ["while Keycloak refuses at once", { hint: somebody, every: 7, run: () => fails(5), minutes: 60 }],
    ["while runs about everybody fail", { hint: everybody, every: 20, run: () => fails(30 * SECOND), minutes: 60 }],
    [
      "when nobody hints any more while it waits longer and longer",
      { hint: somebody, run: () => fails(5), minutes: 20 },
    ],
    ["while somebody else writes", { hint: somebody, every: 60, run: () => takes(5 * SECOND, "busy"), minutes: 60 }],
  ])("%s", async (_, situation) => {
    expect(await stuckSeconds(situation)).toEqual([]);
  });
});

describe("a worker is stuck", () => {
  it("when a run does not end, but not before it should have", async () => {
    const [first, ...others] = await stuckSeconds({ hint: somebody, run: () => NEVER, minutes: 30 });
    expect([first, others.length]).toEqual([LONGEST_RUN / SECOND + 1, 30 * 60 - LONGEST_RUN / SECOND - 1]);
  });

  it("when what is due is not begun", async () => {
    vi.spyOn(globalThis, "setTimeout").mockImplementationOnce(() => undefined as unknown as NodeJS.Timeout);
    const [first] = await stuckSeconds({ hint: somebody, minutes: 5 });
    expect(first).toBe(LONGEST_DELAY / SECOND + 1);
  });
});
