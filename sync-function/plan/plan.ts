import * as z from "zod";
import { isRole } from "../langfuse/role.ts";
import { matchMembers } from "../people/match.ts";
import { addressMatcher } from "../roles/pattern.ts";
import type { AccessRules } from "../roles/rule.ts";
import { changeSchema } from "./change.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { resolveProjects } from "./managed-projects.ts";
import { decideMember, type MemberDecision } from "./member-decision.ts";
import { byPerson, inOrderOfApplication } from "./order.ts";
import { keptOwner, lastOwner } from "./owners.ts";
import { decideProjects, rowsOf } from "./project-decision.ts";
import { provisions } from "./provision.ts";
import { staysAtRest } from "./rest.ts";
import { type AccessState, type Member, membersInScope } from "./state.ts";
import { untouchedSchema } from "./untouched.ts";

export const planSchema = z.strictObject({
  /** In the order in which they are applied. */
  changes: z.array(changeSchema),
  /** Sorted by address. */
  untouched: z.array(untouchedSchema),
  /** Members who have all the roles they should have. */
  inSync: z.number().int().nonnegative(),
  /** Members whose address is on the list of those to ignore. */
  ignored: z.number().int().nonnegative(),
  /** Of everything the plan was computed from. */
  fingerprint: z.string(),
});
export type Plan = Readonly<z.output<typeof planSchema>>;
/** A plan that may not be the last one, so that nobody needs its fingerprint. */
export type UnsignedPlan = Omit<Plan, "fingerprint">;

/**
 * What has to change so that everybody has the roles the rules give them. Same facts, same plan, byte for byte.
 *
 * @throws AccessError `incomplete` when the rules name a project that does not exist
 */
export function plan(state: AccessState, rules: AccessRules): Plan {
  return signed(unsignedPlan(state, rules), state, rules);
}

/** The same plan with the fingerprint of the facts that it was made from, which takes about as long as to make it. */
export function signed(unsigned: UnsignedPlan, state: AccessState, rules: AccessRules): Plan {
  return { ...unsigned, fingerprint: fingerprintOf(state, rules) };
}

/** @throws AccessError as `plan` */
export function unsignedPlan(state: AccessState, given: AccessRules): UnsignedPlan {
  const { rules, managed } = resolveProjects(given, state.projects);
  const isIgnored = addressMatcher(rules.ignore);
  const isProtected = addressMatcher(rules.protect);
  const seen = state.members.filter(({ email }) => !isIgnored(email));
  // Whether an address or a person is that of several members, all of them tell.
  const matches = matchMembers(seen, state.people);
  const members = membersInScope({ ...state, members: seen });
  const decisions = members.map((member): MemberDecision => {
    const circumstances = {
      isProtected: isProtected(member.email),
      match: matches.get(member) ?? { kind: "unknown" },
      absence: state.absences.get(member.userId),
      unavailableRuns: state.unavailable.get(member.userId) ?? 0,
    } as const;
    const isResting = !circumstances.isProtected && staysAtRest(member, state, rules);
    return isResting ? { member } : decideMember(member, circumstances, rules);
  });
  const provisioned = provisions(state, rules, managed, (email) => isIgnored(email) || isProtected(email));
  // New people count too: an owner who comes in this run lets another one go, now and not only in the next run.
  const kept = keptOwner(state.members, [...decisions.flatMap(({ change }) => change ?? []), ...provisioned.changes]);
  const results = decisions.map((decision) => resultOf(decision, kept === decision.change));
  const inProjects = results.map((result) => decideProjects(result.decision, result.role, managed));
  const changes = [
    ...results.flatMap(({ decision: { change, member } }) => {
      if (change === undefined) return [];
      const rows = change.to === "NONE" ? remainingRows(change.kind, member, state, managed) : [];
      return [{ ...change, ...(rows.length > 0 && { projectRoles: rows }) }];
    }),
    ...inProjects.flatMap((decided) => decided.changes),
    ...provisioned.changes,
  ];
  const untouched = [
    ...results.flatMap(({ decision }) => decision.untouched ?? []),
    ...inProjects.flatMap((decided) => decided.untouched),
    ...provisioned.untouched,
  ];
  return {
    changes: changes.toSorted(inOrderOfApplication),
    untouched: untouched.toSorted(byPerson),
    inSync: results.filter(({ decision: { change, untouched } }, position) => {
      const rows = inProjects[position];
      return change === undefined && untouched === undefined && !rows?.changes.length && !rows?.untouched.length;
    }).length,
    ignored: state.members.length - seen.length,
  };
}

function resultOf(decision: MemberDecision, isKept: boolean) {
  const { change, ...rest } = decision;
  const current = isRole(decision.member.role) ? decision.member.role : "NONE";
  if (change === undefined) return { decision, role: current };
  if (isKept) return { decision: { ...rest, untouched: lastOwner(change) }, role: current };
  return { decision, role: change.to };
}

/** Removal takes all project roles; NONE leaves those that the rules do not manage, which then still open a door. */
function remainingRows(
  kind: string,
  { userId }: Member,
  { projects }: AccessState,
  managed: readonly { readonly id: string }[],
) {
  const ids = new Set(managed.map(({ id }) => id));
  return rowsOf(userId, kind === "remove-member" ? projects : projects.filter(({ id }) => !ids.has(id)));
}
