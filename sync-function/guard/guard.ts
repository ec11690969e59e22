import type { Plan } from "../plan/plan.ts";
import { addressMatcher } from "../roles/pattern.ts";
import { appliesTo } from "../roles/rule.ts";
import { type Concerned, concernedBy, nameOf, together } from "./concerned.ts";
import { uncertainPeople } from "./identity.ts";
import { allowed, type GuardLimits, type Threshold } from "./limits.ts";
import { type GuardName, type Refusal, refusal } from "./refusal.ts";
import { type GuardWorld, peopleIn } from "./world.ts";

/**
 * What stands against applying a plan to its organization; nothing when it may be applied. It looks at the plan alone, not
 * at how it came about: a plan from a file, or one by rules that are wrong, is judged like any other.
 */
export function guard(plan: Plan, world: GuardWorld, limits: GuardLimits): readonly Refusal[] {
  return [
    ...tooMany(plan, world, limits),
    ...emptyUpstream(plan, world),
    ...lastOwner(plan, world, limits),
    ...tooFewOwners(plan, world, limits),
    ...touchedProtected(plan, world),
    ...uncertainPeople(plan, world, limits),
  ];
}

function tooMany({ changes }: Plan, { state, rules, recent }: GuardWorld, limits: GuardLimits): Refusal[] {
  const own = concernedBy(changes);
  const concerned = recent === undefined ? own : together(own, recent);
  const withAccess = state.members.filter(({ role }) => role !== "NONE").length;
  const check = (guard: GuardName, kind: keyof Concerned, threshold: Threshold, of: number, fate: string) => {
    const limit = allowed(threshold, of);
    const people = concerned[kind];
    if (own[kind].length === 0 || people.length <= limit) return [];
    const lately = people.length > own[kind].length ? ", with those of the runs just before it," : "";
    const what = `${people.length} of ${of} members${lately} ${fate}, and one run may do that to ${limit}`;
    const remedy = "find out what changed in Keycloak or the rules before you approve it";
    return [refusal({ guard, organization: rules.organization, people, limit, what, remedy })];
  };
  return [
    ...check("mass-removal", "removed", limits.removals, withAccess, "would lose their access"),
    ...check("mass-demotion", "demoted", limits.demotions, withAccess, "would get a lower role"),
    ...check("mass-escalation", "escalated", limits.escalations, state.members.length, "would become ADMIN or OWNER"),
  ];
}

/** Where roles were renamed, or another realm answers, everybody looks as if they had lost theirs. */
function emptyUpstream({ changes }: Plan, world: GuardWorld): Refusal[] {
  const { organization, rules } = world.rules;
  const { removed, demoted } = concernedBy(changes);
  const people = [...removed, ...demoted];
  // Of a few people this says nothing; that what the rules ask about exists has been proven for whoever loses.
  if (people.length === 0 || rules.length === 0 || world.state.scope !== undefined) return [];
  if (peopleIn(world).some((person) => rules.some((rule) => appliesTo(rule, person)))) return [];
  const what = `no member holds anything in Keycloak that a rule asks about, but ${people.length} would lose something`;
  const remedy = "check the realm, and the names in the rules";
  return [refusal({ guard: "empty-upstream", organization, people, what, remedy })];
}

/** The plan keeps the only owner by itself; but then the rules and Langfuse say different things for good. */
function lastOwner({ untouched }: Plan, { rules: { organization } }: GuardWorld, limits: GuardLimits): Refusal[] {
  const people = untouched.filter(({ kind }) => kind === "last-owner").map(nameOf);
  if (people.length === 0 || limits.lastOwner === "skip") return [];
  const what = "the rules take the role from the only owner";
  const remedy = "let the rules make somebody else OWNER first, or protect this one";
  return [refusal({ guard: "last-owner", organization, people, what, remedy })];
}

function tooFewOwners(plan: Plan, { state, rules: { organization } }: GuardWorld, limits: GuardLimits): Refusal[] {
  const ofOrganization = plan.changes.filter(({ project }) => project === undefined);
  const leaving = ofOrganization.filter(({ from, to }) => from === "OWNER" && to !== "OWNER");
  const joining = ofOrganization.filter(({ from, to }) => from !== "OWNER" && to === "OWNER");
  const before = state.members.filter(({ role }) => role === "OWNER").length;
  const after = before - leaving.length + joining.length;
  const limit = limits.minimumOwners;
  // An organization that has too few already is not made worse by a plan that takes none away.
  if (leaving.length === 0 || after >= limit) return [];
  const people = leaving.map(nameOf);
  const what = `${after} of ${before} owners would be left, and it must keep ${limit}`;
  const remedy = "let the rules make somebody else OWNER first";
  return [refusal({ guard: "minimum-owners", organization, people, limit, what, remedy })];
}

function touchedProtected({ changes }: Plan, { rules: { organization, protect } }: GuardWorld): Refusal[] {
  const isProtected = addressMatcher(protect);
  const people = [...new Set(changes.filter(({ email }) => isProtected(email)).map(nameOf))];
  if (people.length === 0) return [];
  const what = "the plan changes people who are protected";
  const remedy = "take them off the list if the sync shall decide about them";
  return [refusal({ guard: "protected", organization, people, what, remedy })];
}
