import { describe, expect, it } from "vitest";
import { createLoginCheck, LOGIN_OUTCOMES, type LoginMode, type LoginOutcome, mayEnter } from "#sync/proxy/login.ts";
import type { PersonRunResult } from "#sync/scoped/person-runs.ts";

type Outcome = PersonRunResult["outcome"];

/** A check whose runs end when they are told to. */
function world(mode: LoginMode = "pass", budget = 10_000) {
  const asked: string[][] = [];
  const ends: ((result: Outcome | Error) => void)[] = [];
  const outcomes: LoginOutcome[] = [];
  const warnings: unknown[] = [];
  const check = createLoginCheck({
    whoIs: async (cookie) => {
      if (cookie === "nobody") throw new Error("no such session");
      return { userId: cookie, email: cookie, roles: new Map() };
    },
    runs: {
      run: async ({ ids, emails }) => {
        asked.push([...ids, ...emails]);
        const end = Promise.withResolvers<PersonRunResult>();
        ends.push((result) =>
          result instanceof Error ? end.reject(result) : end.resolve({ outcome: result, changes: [] }),
        );
        return await end.promise;
      },
    },
    budget,
    mode,
    log: { info: () => {}, warn: (...words: unknown[]) => void warnings.push(words) },
    stop: new AbortController().signal,
    onEnd: (outcome) => outcomes.push(outcome),
  });
  const until = async (count: number) => {
    while (ends.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { check, asked, ends, until, outcomes, warnings };
}

describe("a login", () => {
  it.each<readonly [Outcome | Error, LoginOutcome]>([
    ["in-sync", "in-sync"],
    ["applied", "applied"],
    ["refused", "refused"],
    ["partial", "refused"],
    ["busy", "busy"],
    [new Error("Keycloak does not answer"), "failed"],
  ])("whose run ends with %s counts as %s, and only strictness keeps anybody out", async (end, outcome) => {
    for (const mode of ["pass", "refuse"] as const) {
      const { check, ends, until, outcomes } = world(mode);
      const admitted = check.admit("a@example.com");
      await until(1);
      ends[0]?.(end);
      expect(await admitted).toBe(mode === "pass" || outcome === "in-sync" || outcome === "applied");
      expect(outcomes).toEqual([outcome]);
    }
  });

  it("of somebody whom Langfuse does not name has no run", async () => {
    const { check, asked, outcomes } = world("refuse");
    expect(await check.admit("nobody")).toBe(false);
    expect([asked, outcomes]).toEqual([[], ["failed"]]);
  });

  it("waits no longer than it may, while its run goes on to the end", async () => {
    const { check, ends, outcomes, warnings } = world("pass", 5);
    expect(await check.admit("a@example.com")).toBe(true);
    expect(outcomes).toEqual(["late"]);
    expect(warnings).toHaveLength(1);
    let isOver = false;
    const rest = check.rest().then(() => {
      isOver = true;
    });
    expect(isOver).toBe(false);
    ends[0]?.("applied");
    await rest;
  });

  it("shares the run of another login of the same person, but not one that is over", async () => {
    const { check, asked, ends, until } = world();
    const [a, again, b] = ["a", "a", "b"].map((cookie) => check.admit(cookie));
    await until(2);
    expect(asked).toEqual([["a"], ["b"]]);
    for (const end of ends) end("applied");
    await Promise.all([a, again, b]);
    const later = check.admit("a");
    await until(3);
    ends[2]?.("in-sync");
    await later;
    expect(asked).toEqual([["a"], ["b"], ["a"]]);
  });

  it("may enter by default, whatever happens", () => {
    expect(LOGIN_OUTCOMES.filter((outcome) => !mayEnter(outcome, "pass"))).toEqual([]);
    expect(LOGIN_OUTCOMES.filter((outcome) => mayEnter(outcome, "refuse"))).toEqual(["in-sync", "applied"]);
  });
});
