import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Hint } from "#sync/webhook/hint.ts";
import { HintQueue, SETTLING } from "#sync/webhook/hint-queue.ts";
import { createWorker, type RunOutcome } from "#sync/webhook/worker.ts";

const about = (id: string): Hint => ({ kind: "people", ids: [id], emails: [], isLikely: true });

/** A worker whose runs end as told, with the times at which they began and whom they were about. */
function working({ now = Date.now, end = async () => "applied" as RunOutcome } = {}) {
  const runs: [at: number, about: string][] = [];
  const outcomes: string[] = [];
  const left: [reason: string, hints: number][] = [];
  const run = (whom: string) => {
    runs.push([Date.now(), whom]);
    return end();
  };
  const worker = createWorker(
    new HintQueue(),
    { people: ({ ids }) => run([...ids].join(" ")), everybody: () => run("everybody") },
    {
      now,
      log: { warn: () => {} },
      onRun: (_scope, outcome) => outcomes.push(outcome),
      onLeft: (reason, hints) => left.push([reason, hints]),
    },
  );
  return { worker, runs, outcomes, left };
}

/** Runs that take a while, and how many there were at the same time. */
function slowly() {
  let [running, most] = [0, 0];
  const end = async (): Promise<RunOutcome> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 300));
    running -= 1;
    return "applied";
  };
  return { end, most: () => most };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a worker", () => {
  it("runs at once, once more when it has settled, and for whoever is named later", async () => {
    const { worker, runs } = working();
    worker.hint(about("a"));
    await vi.advanceTimersByTimeAsync(10_000);
    worker.hint(about("b"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs).toEqual([
      [0, "a"],
      [SETTLING, "a"],
      [10_000, "b"],
      [10_000 + SETTLING, "b"],
    ]);
  });

  it.each([1, 500])("goes on when the clock is %i ms behind its timers", async (behind) => {
    // Timers follow another clock than the date: they may come early, and the date may be set back.
    let isBehind = false;
    const { worker, runs } = working({ now: () => Date.now() - (isBehind ? behind : 0) });
    worker.hint(about("a"));
    await vi.advanceTimersByTimeAsync(100);
    isBehind = true;
    await vi.advanceTimersByTimeAsync(10_000);
    worker.hint(about("b"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs.map(([, whom]) => whom)).toEqual(["a", "a", "b", "b"]);
  });

  it("tries again what failed and what another run stood in the way of", async () => {
    const ends: (RunOutcome | Error)[] = [new Error("cut"), "busy", "applied", "in-sync"];
    const { worker, runs, outcomes } = working({
      end: async () => {
        const next = ends.shift() ?? "in-sync";
        if (next instanceof Error) throw next;
        return next;
      },
    });
    worker.hint(about("a"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(outcomes.slice(0, 3)).toEqual(["failed", "busy", "applied"]);
    expect(new Set(runs.map(([, whom]) => whom))).toEqual(new Set(["a"]));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("makes one run at a time", async () => {
    const { end, most } = slowly();
    const { worker, runs } = working({ end });
    for (const id of ["a", "b", "c"]) {
      worker.hint(about(id));
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(most()).toBe(1);
    expect(runs.at(-1)?.[1].split(" ")).toEqual(expect.arrayContaining(["c"]));
  });

  it("makes one run at a time also while it ends, whoever is named meanwhile", async () => {
    const { end, most } = slowly();
    const { worker, runs } = working({ end });
    worker.hint(about("a"));
    await vi.advanceTimersByTimeAsync(500);
    const drained = worker.drain(10_000);
    for (const id of ["b", "c"]) {
      worker.hint(about(id));
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    await drained;
    expect(most()).toBe(1);
    expect(new Set(runs.flatMap(([, whom]) => whom.split(" ")))).toEqual(new Set(["a", "b", "c"]));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("runs about whoever waits before it ends, and then no more", async () => {
    const { worker, runs, left } = working();
    worker.hint(about("a"));
    await vi.advanceTimersByTimeAsync(100);
    worker.hint(about("b"));
    await worker.drain(1_000);
    expect(runs.map(([, whom]) => whom)).toEqual(["a", "a b"]);
    expect(left).toEqual([]);
    worker.hint(about("c"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs).toHaveLength(2);
  });
});

it("follows every hint with a run that began late enough, one run at a time, whatever runs and timers do", async () => {
  const step = fc.record({
    pause: fc.integer({ min: 0, max: 4_000 }),
    whom: fc.constantFrom("a", "b", "everybody", "nobody"),
    /** Of the next run, and how it ends. */
    lasts: fc.integer({ min: 0, max: 3_000 }),
    end: fc.constantFrom<RunOutcome | "failed">("in-sync", "applied", "busy", "failed"),
    /** Milliseconds by which the clock is behind the timers. */
    behind: fc.integer({ min: 0, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const hints: { whom: string; at: number }[] = [];
      const reads: { whom: string; at: number }[] = [];
      const coming = [...steps];
      let [running, most, behind, last] = [0, 0, 0, 0];
      const now = () => {
        last = Math.max(last, Date.now() - behind);
        return last;
      };
      const run = async (people: readonly string[]) => {
        const at = now();
        const { lasts, end } = coming.shift() ?? { lasts: 10, end: "applied" as const };
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, lasts));
        running -= 1;
        if (end === "failed") throw new Error("cut");
        if (end !== "busy") reads.push(...people.map((whom) => ({ whom, at })));
        return end;
      };
      const worker = createWorker(
        new HintQueue(),
        { people: ({ ids }) => run([...ids]), everybody: () => run(["a", "b", "everybody"]) },
        { now, log: { warn: () => {} }, onRun: () => {}, onLeft: () => expect.fail("nothing is to be left") },
      );
      for (const { pause, whom, behind: by } of steps) {
        await vi.advanceTimersByTimeAsync(pause);
        behind = by;
        if (whom === "nobody") continue;
        hints.push({ whom, at: now() });
        worker.hint(whom === "everybody" ? { kind: "everybody" } : about(whom));
      }
      // Nothing goes wrong any more, and the longest pause is half a minute.
      coming.length = 0;
      await vi.advanceTimersByTimeAsync(120_000);
      for (const { whom, at } of hints) {
        expect(reads.some((read) => read.whom === whom && read.at >= at + SETTLING)).toBe(true);
      }
      expect(most).toBeLessThanOrEqual(1);
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 100 },
  );
});
