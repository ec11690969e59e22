import { createHash } from "node:crypto";
import type { PlanRules } from "./plan.ts";
import type { AccessState } from "./state.ts";

/** SHA-256 over everything a plan follows from, in an order of its own: the same facts give the same fingerprint. */
export function fingerprintOf(state: AccessState, rules: PlanRules): string {
  const members = state.members
    .map(({ userId, email, role }) => {
      const standing = state.standings.get(email) ?? { kind: "unknown" as const };
      return [email, userId, role, standing.kind, standing.kind === "active" ? standing.roles.toSorted() : []] as const;
    })
    .toSorted(
      ([leftEmail, leftId], [rightEmail, rightId]) => compare(leftEmail, rightEmail) || compare(leftId, rightId),
    );
  const facts = {
    organization: rules.organization,
    mapping: rules.mapping.rules.map(({ realmRole, grants }) => [realmRole, grants]),
    fallback: rules.mapping.fallback,
    protectedMembers: [...rules.protectedMembers].toSorted(compare),
    members,
  };
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

/** By code units: the same on every machine, whatever its language. */
export function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
