import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Hint } from "#sync/webhook/hint.ts";
import { HintQueue } from "#sync/webhook/hint-queue.ts";
import { isStuck, LONGEST_DELAY } from "#sync/webhook/liveness.ts";
import { createWorker, RUN_ENDS, type RunEnd, type RunOutcome } from "#sync/webhook/worker.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** As long as a run may take. */
const LONGEST_RUN = 20 * MINUTE;
const about = (...ids: readonly string[]): Hint => ({ kind: "people", ids, emails: [], isLikely: true });
const somebody = about("a");
const crowd = about(...Array.from({ length: 60 }, (_, index) => `p${index}`));
const everybody: Hint = { kind: "everybody" };

/** A run that ends like this after so many milliseconds. */
const takes = async (milliseconds: number, end: RunEnd = "in-sync"): Promise<RunOutcome> => {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  if (end === "failed") throw new Error("no answer");
  return end;
};
const NEVER = new Promise<RunOutcome>(() => {});

interface Situation {
  /** What an event tells of at each second. */
  readonly hints?: (second: number) => readonly Hint[];
  readonly run?: () => Promise<RunOutcome>;
  readonly minutes: number;
  readonly runs?: number;
}

const once = (hint: Hint) => (second: number) => (second === 0 ? [hint] : []);
const every = (seconds: number, hint: Hint) => (second: number) => (second % seconds === 0 ? [hint] : []);

/** Seconds at which the worker counts as stuck, of all those that the situation lasts. */
async function stuckSeconds({ hints, run = () => takes(50), minutes, runs = 1 }: Situation): Promise<number[]> {
  const ignore = () => {};
  const worker = createWorker(
    new HintQueue(),
    { people: run, everybody: run },
    { log: { warn: ignore }, now: Date.now, onRun: ignore, onLeft: ignore },
  );
  const stuck: number[] = [];
  for (let second = 0; second < minutes * 60; second += 1) {
    for (const hint of hints?.(second) ?? []) worker.hint(hint);
    await vi.advanceTimersByTimeAsync(SECOND);
    if (isStuck(worker.progress(), Date.now(), runs * LONGEST_RUN)) stuck.push(second + 1);
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

describe("a worker is not stuck", () => {
  it.each<[string, Situation]>([
    ["when no event comes for hours", { minutes: 180 }],
    ["when it has followed an event", { hints: once(somebody), minutes: 10 }],
    ["when events come all the time", { hints: every(1, somebody), minutes: 10 }],
    ["while a run takes all the time it may", { hints: once(everybody), run: () => takes(20 * MINUTE), minutes: 30 }],
    ["while people wait for that", { hints: every(5, somebody), run: () => takes(20 * MINUTE), minutes: 60 }],
    [
      "while three Jobs' parts take turns",
      { hints: once(everybody), run: () => takes(59 * MINUTE), minutes: 70, runs: 3 },
    ],
    [
      "while Keycloak does not answer",
      { hints: every(7, somebody), run: () => takes(20 * SECOND, "failed"), minutes: 60 },
    ],
    ["while Keycloak refuses at once", { hints: every(7, somebody), run: () => takes(5, "failed"), minutes: 60 }],
    ["while many fail one by one", { hints: every(60, crowd), run: () => takes(20 * SECOND, "failed"), minutes: 60 }],
    [
      "while runs about everybody fail",
      { hints: every(20, everybody), run: () => takes(MINUTE, "failed"), minutes: 60 },
    ],
    ["while it waits longer and longer", { hints: once(somebody), run: () => takes(5, "failed"), minutes: 20 }],
    ["while somebody else writes", { hints: every(60, somebody), run: () => takes(5 * SECOND, "busy"), minutes: 60 }],
  ])("%s", async (_, situation) => {
    expect(await stuckSeconds(situation)).toEqual([]);
  });

  it("whatever comes when, and however runs end that take no longer than they may", async () => {
    const seconds = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: LONGEST_RUN / SECOND }));
    const ends = fc.array(fc.record({ end: fc.constantFrom(...RUN_ENDS), seconds }), { minLength: 1, maxLength: 20 });
    const hint = fc.constantFrom(everybody, crowd, somebody, about("b"), about("c"));
    const events = fc.array(fc.record({ at: fc.integer({ min: 0, max: 3_000 }), hint }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(events, ends, async (all, given) => {
        vi.clearAllTimers();
        let count = 0;
        const run = () => {
          const { end, seconds: length } = given[count % given.length] ?? { end: "in-sync", seconds: 0 };
          count += 1;
          return takes(length * SECOND, end);
        };
        const hints = (second: number) => all.flatMap((one) => (one.at === second ? [one.hint] : []));
        expect(await stuckSeconds({ hints, run, minutes: 60 })).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});

describe("a worker is stuck", () => {
  it("when a run does not end, but not before it should have", async () => {
    const [first, ...others] = await stuckSeconds({ hints: once(somebody), run: () => NEVER, minutes: 30 });
    expect([first, others.length]).toEqual([LONGEST_RUN / SECOND + 1, 30 * 60 - LONGEST_RUN / SECOND - 1]);
  });

  it("when what is due is not begun", async () => {
    vi.spyOn(globalThis, "setTimeout").mockImplementationOnce(() => undefined as unknown as NodeJS.Timeout);
    const [first] = await stuckSeconds({ hints: once(somebody), minutes: 5 });
    expect(first).toBe(LONGEST_DELAY / SECOND + 1);
  });
});
