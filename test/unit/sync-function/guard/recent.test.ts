import { expect, it } from "vitest";
import { guard } from "#sync/guard/guard.ts";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { RecentlyConcerned } from "#sync/guard/recent.ts";
import { plan } from "#sync/plan/plan.ts";
import { active, rulesOf, stateOf } from "../plan/world.ts";

const rules = rulesOf({ rules: [{ realmRole: "members", organization: "MEMBER" }] });
const names = ["a", "b", "c", "d", "e"];

/** What a run about one of them finds: all have lost their role. */
function runAbout(name: string, holding = active()) {
  const members = Object.fromEntries(names.map((one) => [one, ["MEMBER", holding] as const]));
  const state = { ...stateOf({ members: { boss: ["OWNER"], ...members } }), scope: new Set([`id of ${name}`]) };
  return { state, made: plan(state, rules) };
}

it("runs about single people may together do no more than one about everybody, and begin anew later", () => {
  const recent = new RecentlyConcerned();
  const judge = (name: string, now: number) => {
    const { state, made } = runAbout(name);
    const lately = recent.since(now).get(rules.organization);
    const refusals = guard(made, { state, rules, ...(lately && { recent: lately }) }, DEFAULT_LIMITS);
    if (refusals.length === 0) recent.note(rules.organization, made.changes, now);
    return refusals.map(({ guard: name, people }) => [name, people.length]);
  };
  expect(names.slice(0, 3).map((name) => judge(name, 0))).toEqual([[], [], []]);
  expect(judge("d", 1_000)).toEqual([["mass-removal", 4]]);
  // The same person again is nobody new.
  expect(judge("a", 1_000)).toEqual([]);
  expect(judge("d", 20 * 60_000)).toEqual([]);
});

it("what was taken before stands in the way of nobody who is given something", () => {
  const { state } = runAbout("a");
  const giving = { ...state, members: state.members.map((one) => ({ ...one, role: "NONE" })) };
  const given = plan(giving, rulesOf({ rules: [], fallback: "MEMBER" }));
  expect(given.changes).toHaveLength(1);
  const recent = { removed: names, demoted: names, escalated: names };
  expect(guard(given, { state: giving, rules, recent }, DEFAULT_LIMITS)).toEqual([]);
});
