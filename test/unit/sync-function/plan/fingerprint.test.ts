import { describe, expect, it } from "vitest";
import { plan } from "#sync/plan/plan.ts";
import { active, project, rules, stateOf } from "./world.ts";

describe("the fingerprint", () => {
  const state = stateOf({ members: { a: ["VIEWER", active("members")] } });
  it("changes with the facts and the rules", () => {
    const { fingerprint } = plan(state, rules);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const other = stateOf({ members: { a: ["VIEWER", active("admins")] } });
    expect(plan(other, rules).fingerprint).not.toBe(fingerprint);
    expect(plan({ ...state, projects: [project("p")] }, rules).fingerprint).not.toBe(fingerprint);
    for (const more of [
      { organization: "organization-2" },
      { protect: [] },
      { ignore: ["x@y.z"] },
      { graceDays: 1 },
      { unmatchedScope: "linked" } as const,
    ]) {
      expect(plan(state, { ...rules, ...more }).fingerprint).not.toBe(fingerprint);
    }
  });
  it("changes with how long somebody has been unknown only where that takes something from them", () => {
    const [never, once] = [undefined, { since: "2026-01-02T03:04:05.000Z", due: false, wasLinked: true }].map(
      (absence) =>
        stateOf({
          members: { gone: ["MEMBER"] },
          absences: new Map(absence === undefined ? [] : [["id of gone", absence]]),
        }),
    );
    if (never === undefined || once === undefined) throw new Error("two states are compared");
    const same = (more: Partial<typeof rules>) =>
      plan(never, { ...rules, ...more }).fingerprint === plan(once, { ...rules, ...more }).fingerprint;
    expect([same({ unmatched: "keep" }), same({ unmatched: "remove" })]).toEqual([true, false]);
  });
  it("does not change with what no rule asks about", () => {
    const other = stateOf({ members: { a: ["VIEWER", active("members", "else")] } });
    expect(plan(other, rules).fingerprint).toBe(plan(state, rules).fingerprint);
  });
});
