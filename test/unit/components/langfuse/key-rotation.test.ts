import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describeStep,
  type FormerRotation,
  firstRotation,
  idleCandidates,
  idlePairs,
  milliseconds,
  nextRotation,
} from "#components/langfuse/key-rotation.ts";

const now = new Date("2026-06-01T12:00:00Z");
const ago = (text: string) => new Date(now.getTime() - milliseconds(text)).toISOString();
const first: FormerRotation = { serial: 1, issuedAt: ago("30d"), retiring: [], publicKey: "pk-1", projectId: "p1" };
const issuedAt = "2026-06-01T12:00:00Z";

describe("a key", () => {
  it("begins with its first pair", () => {
    expect(firstRotation(now)).toEqual({ serial: 1, issuedAt, retiring: [] });
  });

  it.each([
    ["without a policy", {}, first],
    ["before its age", { rotateEvery: "31d" }, first],
    ["when the generation is named for the first time, as 1", { generation: 1 }, first],
  ])("stays as it is %s", (_title, policy, former) => {
    expect(nextRotation(former, policy, now)).toEqual({ serial: 1, issuedAt: ago("30d"), retiring: [] });
  });

  it.each([
    ["at its age", { rotateEvery: "30d" }, first],
    ["when it is asked for", { generation: 2 }, first],
    ["when an earlier generation is asked for", { generation: 1 }, { ...first, generation: 2 }],
    ["when it moves", {}, first, true],
  ])("gets a successor %s, and its pair goes on where it is", (_title, policy, former, isMoved = false) => {
    expect(nextRotation(former, policy, now, { isMoved })).toEqual({
      serial: 2,
      issuedAt,
      retiring: [{ serial: 1, publicKey: "pk-1", projectId: "p1", since: issuedAt }],
    });
  });

  it("that was deleted by hand comes back as another pair", () => {
    expect(nextRotation({ ...first, lost: true }, {}, now)).toEqual({ serial: 2, issuedAt, retiring: [] });
  });
});

describe("a former pair", () => {
  const retiring = [
    { serial: 1, publicKey: "pk-1", since: ago("7d") },
    { serial: 2, publicKey: "pk-2", since: ago("2h") },
    { serial: 3, publicKey: "pk-3", since: ago("30m") },
  ];
  const former = { serial: 4, publicKey: "pk-4", issuedAt: ago("30m"), retiring };

  it("ends at its deadline, used or not", () => {
    expect(nextRotation(former, {}, now).retiring.map(({ serial }) => serial)).toEqual([2, 3]);
  });

  it("ends before that when nobody uses it", () => {
    expect(nextRotation(former, {}, now, { idle: new Set(["pk-2"]) }).retiring.map(({ serial }) => serial)).toEqual([
      3,
    ]);
  });

  it("is asked about between overlap and deadline only", () => {
    expect(idleCandidates(former, {}, now).map(({ serial }) => serial)).toEqual([2]);
  });

  it.each([
    ["two hours ago", ago("2h"), true],
    ["just now", ago("1m"), false],
    ["at a time the server does not tell", null, false],
  ])("that was used %s is idle: %s", (_title, lastUsedAt, idle) => {
    const keys = [1, 2, 3].map((serial) => ({ publicKey: `pk-${serial}`, lastUsedAt }));
    expect([...idlePairs(former, {}, now, keys)]).toEqual(idle ? ["pk-2"] : []);
  });

  it("that the server does not list is none that is idle", () => {
    expect([...idlePairs(former, {}, now, [])]).toEqual([]);
  });
});

it.each([
  ["a rotation", { serial: 2 }, {}, "pair 1 → 2, the former one goes on for now"],
  ["a lost pair", { serial: 2 }, { lost: true }, "pair 1 was deleted in Langfuse, pair 2 takes its place"],
  ["the end of a former pair", {}, { retiring: [{ serial: 0, publicKey: "pk-0", since: issuedAt }] }, "pair 0 ends"],
])("%s is told in words", (_title, next, former, words) => {
  expect(describeStep({ ...first, ...former }, { ...first, ...next })).toBe(words);
});

it.each([
  ["90d", 90 * 86_400_000],
  ["2h", 7_200_000],
  ["5m", 300_000],
])("%s is %d milliseconds", (text, expected) => {
  expect(milliseconds(text)).toBe(expected);
});

it("whatever happens, a pair that has a successor lives for its overlap at least and for its deadline at most", () => {
  const policy = { overlap: "2h", deadline: "7d" };
  const moment = fc.record({
    hours: fc.integer({ min: 0, max: 100 }),
    generation: fc.integer({ min: 1, max: 3 }),
    isMoved: fc.boolean(),
    isIdle: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 30 }), (moments) => {
      let at = now.getTime();
      let former: FormerRotation = { ...firstRotation(now), publicKey: "pk-1", generation: 1 };
      for (const { hours, generation, isMoved, isIdle } of moments) {
        at += hours * milliseconds("1h");
        const time = new Date(at);
        const used = isIdle ? at - milliseconds("3h") : at;
        const keys = former.retiring.map(({ publicKey }) => ({ publicKey, lastUsedAt: new Date(used).toISOString() }));
        const idle = idlePairs(former, policy, time, keys);
        const next = nextRotation(former, { ...policy, generation }, time, { idle, isMoved });
        const ageOf = ({ since }: { since: string }) => at - Date.parse(since);
        const ended = former.retiring.filter((pair) => !next.retiring.includes(pair));
        for (const pair of ended) expect(ageOf(pair)).toBeGreaterThanOrEqual(milliseconds("2h"));
        for (const pair of next.retiring) expect(ageOf(pair)).toBeLessThan(milliseconds("7d"));
        const serials = [...next.retiring.map(({ serial }) => serial), next.serial];
        expect(serials).toEqual([...new Set(serials)].toSorted((left, right) => left - right));
        // Nothing that was decided is decided again.
        const settled = { ...next, publicKey: `pk-${next.serial}`, generation };
        expect(nextRotation(settled, { ...policy, generation }, time)).toEqual(next);
        former = settled;
      }
    }),
  );
});
