import * as z from "zod";
import { compareRoles, isRole, type Role } from "../langfuse/role.ts";
import { type RoleMapping, wantedRole } from "../roles/mapping.ts";
import { type Change, changeKind, changeSchema, raises } from "./change.ts";
import { compare, fingerprintOf } from "./fingerprint.ts";
import type { AccessState, Member, Standing } from "./state.ts";

export interface PlanRules {
  /** Id of the organization in Langfuse. */
  readonly organization: string;
  readonly mapping: RoleMapping;
  /** Lower-case addresses of members that are declared elsewhere and never touched. */
  readonly protectedMembers: ReadonlySet<string>;
}

/** Why somebody is left as they are although the mapping alone might say otherwise. */
export const UNTOUCHED_KINDS = [
  "protected",
  "unknown",
  "ambiguous",
  "unavailable",
  "unknown-role",
  "last-owner",
] as const;

export const untouchedSchema = z.object({
  kind: z.enum(UNTOUCHED_KINDS),
  email: z.string(),
  userId: z.string(),
  role: z.string(),
  reason: z.string(),
});
export type Untouched = Readonly<z.output<typeof untouchedSchema>>;

export const planSchema = z.object({
  /** In the order in which they are applied. */
  changes: z.array(changeSchema),
  /** Sorted by address. */
  untouched: z.array(untouchedSchema),
  /** Members who have the role they should have. */
  inSync: z.number().int().nonnegative(),
  /** Of everything the plan was computed from. */
  fingerprint: z.string(),
});
export type Plan = Readonly<z.output<typeof planSchema>>;

type Decision = Change | Untouched | undefined;

/** What has to change so that everybody has the role the rules give them. Same facts, same plan, byte for byte. */
export function plan(state: AccessState, rules: PlanRules): Plan {
  const shared = repeated(state.members.map(({ email }) => email));
  const decisions = state.members.map((member) =>
    decide(member, shared.has(member.email) ? { kind: "ambiguous" } : state.standings.get(member.email), rules),
  );
  const kept = keptOwner(state.members, decisions.filter(isChange));
  const changes = decisions.filter(isChange).filter((change) => change !== kept);
  const untouched = decisions.filter(isUntouched);
  if (kept !== undefined) untouched.push(lastOwner(kept));
  return {
    changes: changes.toSorted(inOrderOfApplication),
    untouched: untouched.toSorted(byPerson),
    inSync: state.members.length - changes.length - untouched.length,
    fingerprint: fingerprintOf(state, rules),
  };
}

function decide(member: Member, standing: Standing | undefined, rules: PlanRules): Decision {
  const { email, userId, role } = member;
  const leave = (kind: Untouched["kind"], reason: string): Untouched => ({ kind, email, userId, role, reason });
  if (rules.protectedMembers.has(email)) return leave("protected", "they are a declared member");
  if (!isRole(role)) return leave("unknown-role", `their role "${role}" is not known to this version`);
  switch (standing?.kind ?? "unknown") {
    case "unknown":
      return leave("unknown", "they have no user in Keycloak");
    case "ambiguous":
      return leave("ambiguous", "their address belongs to several people");
    case "unavailable":
      return leave("unavailable", "their user storage has switched them off, which also happens while it is down");
  }
  const { role: wanted, reason } = wantedOf(standing, rules.mapping);
  const kind = changeKind(role, wanted);
  return kind && { kind, email, userId, from: role, to: wanted, reason };
}

function wantedOf(standing: Standing | undefined, mapping: RoleMapping): { role: Role; reason: string } {
  if (standing?.kind !== "active") return { role: "NONE", reason: "they are disabled in Keycloak" };
  const { role, realmRole } = wantedRole(standing.roles, mapping);
  return { role, reason: realmRole === undefined ? "they hold no mapped role" : `they hold ${realmRole}` };
}

/**
 * The change that must not happen because it would leave the organization without an owner: of several the one that
 * takes least, then the first by address, so that the choice does not depend on the order of the members.
 */
function keptOwner(members: readonly Member[], changes: readonly Change[]): Change | undefined {
  const leaving = changes.filter(({ from }) => from === "OWNER");
  const owners = members.filter(({ role }) => role === "OWNER").length;
  const coming = changes.filter(({ to }) => to === "OWNER").length;
  if (leaving.length === 0 || owners - leaving.length + coming > 0) return undefined;
  return leaving.toSorted((left, right) => compareRoles(left.to, right.to) || byPerson(left, right))[0];
}

function lastOwner({ email, userId, from, to, reason }: Change): Untouched {
  return {
    kind: "last-owner",
    email,
    userId,
    role: from,
    reason: `${reason} and should be ${to}, but are the last owner; make somebody else an owner first`,
  };
}

function isChange(decision: Decision): decision is Change {
  return decision !== undefined && "to" in decision;
}

function isUntouched(decision: Decision): decision is Untouched {
  return decision !== undefined && !isChange(decision);
}

function inOrderOfApplication(left: Change, right: Change): number {
  return Number(raises(right)) - Number(raises(left)) || byPerson(left, right);
}

function byPerson(left: { email: string; userId: string }, right: { email: string; userId: string }): number {
  return compare(left.email, right.email) || compare(left.userId, right.userId);
}

function repeated(items: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(items.filter((item) => seen.has(item) || !seen.add(item)));
}
