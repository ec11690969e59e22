import { describe, expect, it } from "vitest";
import { objectionTo } from "#sync/guard/approval.ts";
import { guard } from "#sync/guard/guard.ts";
import { allowed, DEFAULT_LIMITS, limitsOf } from "#sync/guard/limits.ts";
import { judgeRun } from "#sync/guard/run-verdict.ts";
import type { Role } from "#sync/langfuse/role.ts";
import type { Person } from "#sync/people/person.ts";
import type { Change } from "#sync/plan/change.ts";
import { plan } from "#sync/plan/plan.ts";
import { active, rules, stateOf } from "../plan/world.ts";

const strict = { ...rules, fallback: "NONE" as const };

type Members = Record<string, readonly [string, ...Partial<Person>[]]>;

/** So many members of a kind beside an owner who stays. */
function organization(count: number, role: Role, person: Partial<Person>, others: Members = {}) {
  const many = Array.from({ length: count }, (_, index) => [`p${index}`, [role, person]] as const);
  return stateOf({ members: { boss: ["OWNER", active("owners")], ...Object.fromEntries(many), ...others } });
}

function guardsOf(state: ReturnType<typeof stateOf>, by = rules, limits = DEFAULT_LIMITS) {
  return guard(plan(state, by), { state, rules: by }, limits).map(({ guard }) => guard);
}

const stay = (count: number): Members =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index}`, ["MEMBER", active("members")] as const]),
  );

describe("so many people at once", () => {
  it.each([
    ["three removals are let through, however small the organization", 3, "MEMBER", active(), strict, []],
    ["four of five are not", 4, "MEMBER", active(), strict, ["mass-removal"]],
    ["five demotions are let through", 5, "ADMIN", active("members"), rules, []],
    ["six of seven are not", 6, "ADMIN", active("members"), rules, ["mass-demotion"]],
    ["three escalations are let through", 3, "VIEWER", active("admins"), rules, []],
    ["four of five are not", 4, "VIEWER", active("admins"), rules, ["mass-escalation"]],
    ["a grant of a small role is no escalation", 40, "NONE", active("members"), rules, []],
  ] as const)("%s", (_title, count, role, person, by, expected) => {
    expect(guardsOf(organization(count, role, person), by)).toEqual(expected);
  });

  it("the share counts in a larger organization, and the absolute limit in a very large one", () => {
    expect(guardsOf(organization(10, "MEMBER", active(), stay(40)), strict)).toEqual([]);
    expect(guardsOf(organization(11, "MEMBER", active(), stay(40)), strict)).toEqual(["mass-removal"]);
    expect(guardsOf(organization(101, "MEMBER", active(), stay(900)), strict)).toEqual(["mass-removal"]);
    expect([allowed(DEFAULT_LIMITS.removals, 4), allowed(DEFAULT_LIMITS.removals, 100_000)]).toEqual([3, 100]);
  });

  it("names the numbers and the first ten people", () => {
    const state = organization(12, "MEMBER", active());
    const [refusal] = guard(plan(state, strict), { state, rules: strict }, DEFAULT_LIMITS);
    expect(refusal).toMatchObject({ guard: "mass-removal", count: 12, limit: 3 });
    expect(refusal?.people).toHaveLength(10);
    expect(refusal?.message).toContain("12 of 13 members would lose their access, and one run may do that to 3 (p0@");
    expect(refusal?.message).toContain("and 2 more");
  });

  it("a person who loses roles in several projects counts once, and as removed when they leave", () => {
    const lost = (project: string, to: Role): Change => ({
      kind: "project-demote",
      email: "one@example.com",
      userId: "1",
      keycloakId: "k1",
      from: "ADMIN",
      to,
      project: { id: project, name: project },
      row: { from: "ADMIN", to },
      reason: "they hold members",
    });
    const state = organization(1, "MEMBER", active("members"));
    const changes = ["a", "b", "c", "d", "e", "f", "g"].map((project) => lost(project, "VIEWER"));
    const judged = guard({ ...plan(state, rules), changes }, { state, rules }, DEFAULT_LIMITS);
    expect(judged).toEqual([]);
  });
});

describe("owners", () => {
  it("the only one who would lose the role stops the run", () => {
    const state = stateOf({ members: { boss: ["OWNER", active("members")], other: ["MEMBER", active("members")] } });
    expect(guardsOf(state)).toEqual(["last-owner"]);
    expect(guardsOf(state, rules, limitsOf({ lastOwner: "skip" }))).toEqual([]);
  });

  it("fewer than the minimum stop the run, and one who takes over does not", () => {
    const two = limitsOf({ minimumOwners: 2 });
    const leaving: Members = { boss: ["OWNER", active("owners")], second: ["OWNER", active("members")] };
    expect(guardsOf(stateOf({ members: leaving }), rules, two)).toEqual(["minimum-owners"]);
    const replaced: Members = { ...leaving, third: ["MEMBER", active("owners")] };
    expect(guardsOf(stateOf({ members: replaced }), rules, two)).toEqual([]);
  });

  it("an organization with too few already may be changed as long as none is taken", () => {
    const state = stateOf({ members: { boss: ["ADMIN", active("members")] } });
    expect(guardsOf(state, rules, limitsOf({ minimumOwners: 3 }))).toEqual([]);
  });
});

describe("people", () => {
  const boss: Members = { boss: ["OWNER", active("owners")] };

  it("two of one address stop the run, unless they have no access anyway", () => {
    const twin = (role: string): Members => ({ ...boss, twin: [role, active("admins"), active()] });
    expect(guardsOf(stateOf({ members: twin("MEMBER") }))).toEqual(["ambiguous"]);
    expect(guardsOf(stateOf({ members: twin("NONE") }))).toEqual([]);
    expect(guardsOf(stateOf({ members: twin("MEMBER") }), rules, limitsOf({ ambiguous: "skip" }))).toEqual([]);
  });

  it.each(["VIEWER", "MEMBER"])("an unverified address that should become ADMIN from %s stops the run", (role) => {
    const members: Members = { ...boss, mallory: [role, { ...active("admins"), emailVerified: false }] };
    expect(guardsOf(stateOf({ members }))).toEqual(["unverified"]);
    expect(guardsOf(stateOf({ members }), rules, limitsOf({ unverified: "skip" }))).toEqual([]);
  });

  it("a plan from elsewhere that makes an unverified address ADMIN, or touches a protected one, stops the run", () => {
    const members: Members = {
      ...boss,
      mallory: ["VIEWER", { ...active("members"), emailVerified: false }],
      protected: ["VIEWER", active()],
    };
    const state = stateOf({ members });
    const made = plan(state, { ...rules, protect: [] });
    const changes = made.changes.map((change): Change => ({ ...change, kind: "promote", to: "ADMIN" }));
    const foreign = { ...changes[0], email: "protected@example.com" } as Change;
    const judged = guard({ ...made, changes: [...changes, foreign] }, { state, rules }, DEFAULT_LIMITS);
    expect(judged.map(({ guard }) => guard)).toEqual(["protected", "unverified"]);
  });
});

it("a realm in which nobody holds any mapped role takes nothing from anybody", () => {
  const state = stateOf({ members: { boss: ["OWNER", active("owners")], a: ["MEMBER", active()] } });
  expect(guardsOf(state)).toEqual([]);
  const empty = stateOf({ members: { protected: ["OWNER", active()], a: ["MEMBER", active()] } });
  expect(guardsOf(empty)).toEqual(["empty-upstream"]);
});

describe("an approval", () => {
  const state = organization(4, "MEMBER", active());
  const plans = [{ plan: plan(state, strict), world: { state, rules: strict }, limits: DEFAULT_LIMITS }];
  const { fingerprint } = plan(state, strict);

  it("lifts the refusals of exactly the plan with this fingerprint, which may be shortened", () => {
    expect(judgeRun(plans, [fingerprint.slice(0, 12)], () => false)).toMatchObject({ approved: true });
    expect(judgeRun(plans, [fingerprint], () => false).refusals).toHaveLength(1);
    expect(judgeRun(plans, [], () => false)).toMatchObject({ approved: false });
  });

  it.each([
    ["of another plan", "0123456789abcdef", false, "is for another plan"],
    ["that was used", fingerprint, true, "was used before"],
    ["that is too short", fingerprint.slice(0, 8), false, "is no fingerprint"],
  ])("%s lifts nothing and says why", (_title, given, used, reason) => {
    expect(objectionTo({ given: [given], fingerprint, used })).toContain(reason);
    const verdict = judgeRun(plans, [given], () => used);
    expect(verdict.approved).toBe(false);
    expect(verdict.refusals.map(({ guard }) => guard)).toEqual(["mass-removal", "approval"]);
  });

  it("may be among those for other shards, unless one of them is no fingerprint or it was used itself", () => {
    const other = "0123456789abcdef";
    expect(judgeRun(plans, [other, fingerprint], () => false).approved).toBe(true);
    expect(judgeRun(plans, [other, fingerprint], () => true).approved).toBe(false);
    expect(objectionTo({ given: [fingerprint, "short"], fingerprint, used: false })).toContain(
      "short is no fingerprint",
    );
    expect(objectionTo({ given: [other, "fedcba987654"], fingerprint, used: false })).toContain(
      "0123456789abcdef, fedcba987654 is for another plan",
    );
  });

  it("is needed for all organizations together", () => {
    const calm = organization(1, "MEMBER", active("members"));
    const both = [...plans, { plan: plan(calm, rules), world: { state: calm, rules }, limits: DEFAULT_LIMITS }];
    expect(judgeRun(both, [fingerprint], () => false).approved).toBe(false);
    expect(judgeRun(both, [judgeRun(both, [], () => false).fingerprint], () => false).approved).toBe(true);
  });
});
