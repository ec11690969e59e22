import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batch, HintQueue, KEPT, LONGEST_QUEUE, SETTLING } from "#sync/webhook/hint-queue.ts";

const about = (...ids: string[]) => ({ kind: "people", ids, emails: [], isLikely: false }) as const;
const everybody = { kind: "everybody" } as const;
const nobody: Batch = { scope: "people", isLikely: false, ids: new Set(), emails: new Set() };

/** Takes and finishes everything until nothing waits; what was taken, and when. */
function drained(queue: HintQueue, from = 0) {
  const taken: [number, string][] = [];
  for (let now: number | undefined = from; now !== undefined; ) {
    const batch = queue.take(now);
    if (batch === undefined) {
      const next = queue.nextAt();
      now = next === undefined ? undefined : Math.max(next, now);
      continue;
    }
    taken.push([now, batch.scope === "everybody" ? "everybody" : [...batch.ids, ...batch.emails].join(" ")]);
    queue.done(batch, now);
  }
  return taken;
}

describe("a person", () => {
  it("is read at once, and again when what the event told of must be there", () => {
    const queue = new HintQueue();
    queue.add(about("a"), 0);
    expect(drained(queue)).toEqual([
      [0, "a"],
      [SETTLING, "a"],
    ]);
    expect(queue.size).toBe(0);
  });

  it("is read once for many events, and together with others", () => {
    const queue = new HintQueue();
    for (let time = 0; time < 20; time += 1) queue.add(about("a"), time);
    queue.add({ ...about("b"), emails: ["b@example.com"] }, 20);
    // The second looks of a second are one run.
    expect(drained(queue, 20)).toEqual([
      [20, "a b b@example.com"],
      [3_000, "a b b@example.com"],
    ]);
  });

  it("who is named again while they are read is read again at once", () => {
    const queue = new HintQueue();
    queue.add(about("a"), 0);
    const batch = queue.take(0) ?? nobody;
    queue.add(about("a"), 40);
    queue.done(batch, 0);
    expect(drained(queue, 100)).toEqual([
      [100, "a"],
      [3_000, "a"],
    ]);
  });
});

it("a change is likely until it was read, and not when it is only looked at once more", () => {
  const queue = new HintQueue();
  queue.add({ ...about("a"), isLikely: true }, 0);
  // Somebody who logs in has the change before them still.
  queue.add(about("a"), 0);
  const first = queue.take(0) ?? nobody;
  queue.failed(first, 0);
  const second = queue.take(queue.nextAt() ?? 0) ?? nobody;
  queue.done(second, SETTLING - 1);
  const third = queue.take(SETTLING);
  expect([first, second, third]).toMatchObject([{ isLikely: true }, { isLikely: true }, { isLikely: false }]);
});

describe("everybody", () => {
  it("is read once, a moment after the last of many events", () => {
    const queue = new HintQueue();
    for (let time = 0; time <= 1_000; time += 100) queue.add(everybody, time);
    expect(drained(queue)).toEqual([[1_000 + SETTLING, "everybody"]]);
  });

  it("is not put off for ever by events that do not end", () => {
    const queue = new HintQueue();
    const times: number[] = [];
    for (let now = 0; now < 60_000; now += 500) {
      queue.add(everybody, now);
      const batch = queue.take(now);
      if (batch === undefined) continue;
      times.push(now);
      queue.done(batch, now);
    }
    expect(times).toEqual([10_000, 20_000, 30_000, 40_000, 50_000]);
  });

  it("stands for people of whom there are many at once, and for those that the queue has no room for", () => {
    const queue = new HintQueue();
    for (let index = 0; index < 60; index += 1) queue.add(about(`${index}`), 0);
    expect(drained(queue, 0)).toEqual([
      [0, "everybody"],
      [SETTLING, "everybody"],
    ]);
    const results = Array.from({ length: LONGEST_QUEUE + 1 }, (_, index) => queue.add(about(`${index}`), 0));
    expect(results.filter((result) => result === "overflow")).toHaveLength(1);
    expect([queue.size, drained(queue)]).toEqual([0, [[SETTLING, "everybody"]]]);
  });
});

describe("what cannot be read", () => {
  it("is tried again, later each time, and alone, so that it stands in the way of nobody else", () => {
    const queue = new HintQueue();
    queue.add(about("poison", "a", "b"), 0);
    const seen: string[] = [];
    let now = 0;
    for (let tries = 0; tries < 8; tries += 1) {
      now = Math.max(now, queue.nextAt() ?? now);
      const batch = queue.take(now);
      if (batch?.scope !== "people") break;
      const names = [...batch.ids].join(" ");
      seen.push(names);
      if (names.includes("poison")) queue.failed(batch, now);
      else queue.done(batch, now);
    }
    expect(seen.slice(0, 4)).toEqual(["poison a b", "poison", "a", "b"]);
    expect(now).toBeGreaterThan(SETTLING);
  });

  it("is given up when it is too old, and not before", () => {
    const queue = new HintQueue();
    queue.add(about("a"), 0);
    const given: number[] = [];
    for (let now: number | undefined = 0; now !== undefined; now = queue.nextAt()) {
      const batch = queue.take(now);
      if (batch && queue.failed(batch, now) > 0) given.push(now);
    }
    expect(given).toHaveLength(1);
    expect(given[0]).toBeGreaterThan(KEPT);
    expect(given[0]).toBeLessThan(KEPT + 60_000);
  });

  it.each([1, 60])(
    "keeps nobody waiting who can be read, when that is everybody and %i people have events",
    (people) => {
      const queue = new HintQueue();
      queue.add(everybody, 0);
      const waiting = new Map<string, number>();
      let [longest, attempts, now] = [0, 0, 0];
      for (let named = 0; now < KEPT; ) {
        if (named <= now && named < KEPT - 20_000) {
          for (let index = 0; index < people; index += 1) {
            queue.add(about(`${named} ${index}`), now);
            waiting.set(`${named} ${index}`, now);
          }
          named += 20_000;
        }
        const batch = queue.take(now);
        if (batch?.scope === "people") {
          queue.done(batch, now);
          for (const id of batch.ids) {
            longest = Math.max(longest, now - (waiting.get(id) ?? now));
            waiting.delete(id);
          }
        } else if (batch !== undefined) {
          attempts += 1;
          queue.failed(batch, now);
        } else now = Math.max(now + 1, Math.min(named, queue.nextAt() ?? named));
      }
      expect(waiting.size).toBe(0);
      expect(longest).toBeLessThan(30_000);
      // It has its turn all the same.
      expect(attempts).toBeGreaterThan(15);
    },
  );

  it("is everybody in their turn, however many people have events", () => {
    const queue = new HintQueue();
    queue.add(everybody, 0);
    queue.failed(queue.take(SETTLING) ?? nobody, SETTLING);
    const times: number[] = [];
    for (let now = SETTLING; now < 20_000; now += 100) {
      queue.add(about(`${now}`), now);
      const batch = queue.take(now);
      if (batch?.scope === "everybody") times.push(now);
      if (batch !== undefined) queue.done(batch, now);
    }
    expect(times).toHaveLength(1);
    expect(times[0]).toBeLessThan(10_000);
  });

  it("because somebody else was writing is taken again in a moment, as it was", () => {
    const queue = new HintQueue();
    queue.add(about("a", "b"), 0);
    queue.take(0);
    queue.busy(10);
    expect(queue.take(10)).toBeUndefined();
    expect(drained(queue, 10)[0]).toEqual([510, "a b"]);
  });
});

describe("what waits longest", () => {
  it("has waited since the first hint, until somebody has read it, and then since that", () => {
    const queue = new HintQueue();
    expect(queue.waitingSince()).toBeUndefined();
    queue.add(about("a"), 100);
    queue.add(about("a", "b"), 900);
    expect(queue.waitingSince()).toBe(100);
    const batch = queue.take(900) ?? nobody;
    queue.add(about("b"), 950);
    queue.done(batch, 900);
    expect(queue.waitingSince()).toBe(900);
    drained(queue, 950);
    expect(queue.waitingSince()).toBeUndefined();
  });

  it("goes on waiting while it cannot be read, or somebody else writes", () => {
    const queue = new HintQueue();
    queue.add(everybody, 0);
    queue.add(about("a"), 500);
    for (let now = 0; now < KEPT; now = queue.nextAt() ?? KEPT) {
      const batch = queue.take(now);
      if (batch?.scope === "people") queue.busy(now);
      else if (batch !== undefined) queue.failed(batch, now);
      expect(queue.waitingSince()).toBe(0);
    }
  });
});

it("at the end everything is due, and once is enough", () => {
  const queue = new HintQueue();
  queue.add(about("a"), 0);
  queue.add(everybody, 0);
  queue.hurry(5);
  expect(drained(queue, 5)).toEqual([[5, "everybody"]]);
});

it("no hint is lost, whatever comes when and fails how often", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("hint" as const), ids: fc.subarray(["a", "b", "c"], { minLength: 1 }) }),
      fc.record({ kind: fc.constant("everybody" as const) }),
      fc.record({ kind: fc.constant("pass" as const), time: fc.integer({ min: 0, max: 4_000 }) }),
      fc.record({ kind: fc.constant("take" as const) }),
      fc.record({ kind: fc.constantFrom("done" as const, "failed" as const, "busy" as const) }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const queue = new HintQueue();
      let now = 0;
      let taken: { batch: Batch; at: number } | undefined;
      const hints: { id: string; at: number }[] = [];
      const reads: { id: string; at: number }[] = [];
      const end = (how: "done" | "failed" | "busy") => {
        if (taken === undefined) return;
        const { batch, at } = taken;
        taken = undefined;
        if (how === "busy") queue.busy(now);
        else if (how === "failed") queue.failed(batch, now);
        else {
          queue.done(batch, at);
          for (const id of batch.scope === "everybody" ? ["a", "b", "c", "*"] : batch.ids) reads.push({ id, at });
        }
      };
      const take = () => {
        if (taken !== undefined) return;
        const dueAt = queue.nextAt();
        const batch = queue.take(now);
        // Or the worker would wait for nothing, or count as stuck.
        expect(batch !== undefined).toBe(dueAt !== undefined && dueAt <= now);
        if (batch !== undefined) taken = { batch, at: now };
      };
      for (const step of all) {
        if (step.kind === "pass") now += step.time;
        else if (step.kind === "take") take();
        else if (step.kind === "hint") {
          queue.add(about(...step.ids), now);
          hints.push(...step.ids.map((id) => ({ id, at: now })));
        } else if (step.kind === "everybody") {
          queue.add(everybody, now);
          hints.push({ id: "*", at: now });
        } else end(step.kind);
      }
      // From here on everything goes well.
      end("done");
      for (let next = queue.nextAt(); next !== undefined; next = queue.nextAt()) {
        now = Math.max(now, next);
        take();
        end("done");
      }
      for (const { id, at } of hints) {
        expect(reads.some((read) => read.id === id && read.at >= at + SETTLING)).toBe(true);
      }
      expect(queue.size).toBe(0);
    }),
    { numRuns: 300 },
  );
});
