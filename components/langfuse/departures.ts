import { createHash } from "node:crypto";
import { allowed, type GuardLimits } from "#sync/guard/limits.ts";
import { refusal } from "#sync/guard/refusal.ts";
import { compare } from "#sync/plan/order.ts";

/** A member of the organization who has to leave it, or may. */
export interface Departure {
  readonly userId: string;
  /** Empty where Langfuse has none. */
  readonly email: string;
  readonly role: string;
}

/** What decides who stays in an organization in which nobody is a member unasked. */
export interface DepartureFacts {
  readonly organizationId: string;
  readonly members: readonly Departure[];
  /** Addresses of the declared members; empty is a fault and never an order to remove everybody. */
  readonly declared: readonly string[];
  /** Whether somebody in Keycloak has this address: those people are the sync's. */
  readonly isInKeycloak: (email: string) => boolean;
  /** Whether the sync shall never touch this address. */
  readonly isKept: (email: string) => boolean;
}

export interface DeparturePlan {
  /** Sorted by address. */
  readonly leaving: readonly Departure[];
  /** Why nobody may be removed; absent when they may. */
  readonly refusal?: string;
}

/**
 * Who has to leave: members who are neither declared nor in Keycloak. Whoever has no address stays, because nobody can
 * tell who they are.
 *
 * @param approved fingerprint that somebody approved although there are too many
 */
export function departures(facts: DepartureFacts, limits: GuardLimits, approved?: string): DeparturePlan {
  const { organizationId, members, isInKeycloak, isKept } = facts;
  const declared = new Set(facts.declared.map((email) => email.toLowerCase()));
  const leaving = members
    .map(({ userId, email, role }) => ({ userId, email: email.toLowerCase(), role }))
    .filter(({ email }) => email !== "" && !declared.has(email) && !isKept(email) && !isInKeycloak(email))
    .toSorted((left, right) => compare(left.email, right.email));
  if (leaving.length === 0) return { leaving };
  const people = leaving.map(({ email }) => email);
  const refuse = (guard: "mass-removal" | "minimum-owners", what: string, remedy: string, limit: number) => ({
    leaving: [],
    refusal: refusal({ guard, organization: organizationId, people, limit, what, remedy }).message,
  });
  if (declared.size === 0) {
    const what = `langfuse.authority is exclusive and no member is declared, so that ${people.length} would be removed`;
    return refuse("mass-removal", what, "declare at least an owner in langfuse.members", 0);
  }
  const gone = new Set(leaving.map(({ userId }) => userId));
  const isOwner = ({ role }: Departure) => role === "OWNER";
  const owners = members.filter((member) => isOwner(member) && !gone.has(member.userId)).length;
  if (leaving.some(isOwner) && owners < limits.minimumOwners) {
    const what = `${owners} owners would be left, and it must keep ${limits.minimumOwners}`;
    return refuse("minimum-owners", what, "declare an owner in langfuse.members first", limits.minimumOwners);
  }
  const limit = allowed(limits.removals, members.length);
  const fingerprint = fingerprintOf(organizationId, people);
  if (leaving.length <= limit || approved === fingerprint) return { leaving };
  return refuse(
    "mass-removal",
    `${leaving.length} of ${members.length} members are neither declared nor in Keycloak, and one update may remove ${limit}`,
    `declare whoever shall stay in langfuse.members; if they shall all go, set langfuse.approvedRemovals to ${fingerprint}, which holds for exactly these people`,
    limit,
  );
}

/** Stands for these people in this organization, and for no others. */
function fingerprintOf(organizationId: string, people: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([organizationId, people]))
    .digest("hex")
    .slice(0, 12);
}
