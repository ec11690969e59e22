import { isRole, type Role } from "../langfuse/role.ts";
import type { Match } from "../people/match.ts";
import { HELD_RUNS } from "../people/memory.ts";
import { isUnavailable, type Person } from "../people/person.ts";
import { type Award, ceiledRole, type Entitlement, entitlementOf, UNVERIFIED_CEILING } from "../roles/entitlement.ts";
import type { AccessRules } from "../roles/rule.ts";
import { type Change, type ChangeKind, changeKind } from "./change.ts";
import type { Absence, Member } from "./state.ts";
import type { Untouched } from "./untouched.ts";

/** What is decided about one member: at most one of change and untouched, neither when all is as it should be. */
export interface MemberDecision {
  readonly member: Member;
  readonly change?: Change;
  readonly untouched?: Untouched;
  /** Set when the project roles follow the rules too; without entitlement the rules give none. */
  readonly projects?: { readonly person: Person; readonly entitlement: Entitlement } | typeof NO_PERSON;
}

const NO_PERSON = { person: undefined, entitlement: undefined } as const;

/** What is known about a member before the rules are asked. */
export interface Circumstances {
  readonly isProtected: boolean;
  readonly match: Match;
  readonly absence: Absence | undefined;
  /** Earlier runs in a row that saw them switched off by a user storage. */
  readonly unavailableRuns: number;
}

/** Decides about the organization role of one member. */
export function decideMember(member: Member, facts: Circumstances, rules: AccessRules): MemberDecision {
  const { email, userId, role } = member;
  const leave = (kind: Untouched["kind"], reason: string): MemberDecision => ({
    member,
    untouched: { kind, email, userId, role, reason },
  });
  if (facts.isProtected) return leave("protected", "they are a declared member");
  if (!isRole(role)) return leave("unknown-role", `their role "${role}" is not known to this version`);
  if (facts.match.kind === "ambiguous") return leave("ambiguous", facts.match.why);
  if (facts.match.kind === "unknown") return decideUnknown(member, role, facts.absence, rules);
  const { person } = facts.match;
  if (isUnavailable(person) && facts.unavailableRuns < HELD_RUNS) {
    const seen = `${facts.unavailableRuns} of ${HELD_RUNS} runs have seen that before`;
    const held = "their user storage has switched them off, which also happens while it is down";
    return leave("unavailable", `${held}; ${seen}, and after them they lose access`);
  }
  const entitlement = entitlementOf(person, rules);
  return {
    member,
    ...organizationRole(member, role, person, entitlement.organization),
    projects: { person, entitlement },
  };
}

function organizationRole(
  { email, userId }: Member,
  current: Role,
  person: Person,
  award: Award,
): Pick<MemberDecision, "change" | "untouched"> {
  const to = ceiledRole(award.role, current, person);
  const withheld = to === award.role ? undefined : award.role;
  const kind = changeKind(current, to);
  if (kind !== undefined) {
    const reason = withheld === undefined ? award.reason : ceiledReason(award.reason);
    const why = { reason, ...(award.rule !== undefined && { rule: award.rule }), ...(withheld && { withheld }) };
    return { change: { kind, email, userId, keycloakId: person.id, from: current, to, ...why } };
  }
  if (withheld === undefined) return {};
  const reason = `${award.reason} and should be ${withheld}, but their address is not verified in Keycloak`;
  return { untouched: { kind: "unverified", email, userId, role: current, wanted: withheld, reason } };
}

/** What is said where the address allows less than the rule gives. */
export function ceiledReason(reason: string): string {
  return `${reason}, but get no more than ${UNVERIFIED_CEILING} while their address is not verified in Keycloak`;
}

function decideUnknown(
  member: Member,
  current: Role,
  absence: Absence | undefined,
  { unmatched, unmatchedScope, graceDays }: AccessRules,
): MemberDecision {
  const { email, userId } = member;
  const change = (kind: ChangeKind): Change => ({
    kind,
    email,
    userId,
    keycloakId: null,
    from: current,
    to: "NONE",
    reason: `they have had no user in Keycloak since ${absence?.since.slice(0, 10)}`,
  });
  if (unmatched !== "keep" && unmatchedScope === "linked" && !absence?.wasLinked) {
    const reason = "they have no user in Keycloak, and no run has seen one, so that they are not the sync's to remove";
    return { member, untouched: { kind: "unknown", email, userId, role: current, reason } };
  }
  if (absence?.due && unmatched === "remove") return { member, change: change("remove-member") };
  if (absence?.due && unmatched === "none") {
    const rest = { member, projects: NO_PERSON };
    return current === "NONE" ? rest : { ...rest, change: change("remove-access") };
  }
  const reason = `they have no user in Keycloak${unmatched === "keep" ? "" : graceText(absence, graceDays)}`;
  return { member, untouched: { kind: "unknown", email, userId, role: current, reason } };
}

function graceText(absence: Absence | undefined, graceDays: number): string {
  const since = absence === undefined ? "the first apply that sees it" : absence.since.slice(0, 10);
  return `; they are kept for ${graceDays} days from ${since}`;
}
