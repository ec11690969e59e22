import * as z from "zod";
import { isMightier, isRole, type Role } from "../langfuse/role.ts";
import { type Match, matchMembers } from "../people/match.ts";
import { resolveProjects } from "../plan/managed-projects.ts";
import { compare } from "../plan/order.ts";
import type { AccessState, Member, Project } from "../plan/state.ts";
import { type Award, ceiledRole, entitlementOf } from "../roles/entitlement.ts";
import { addressMatcher } from "../roles/pattern.ts";
import type { AccessRules } from "../roles/rule.ts";

/**
 * What a reviewer should look at:
 *
 * - `unknown`: no user in Keycloak, so nobody there can take the access away
 * - `ambiguous`: it is not certain who in Keycloak this is
 * - `unverified`: has access, and nobody has verified that the address is theirs
 * - `dormant`: a membership that opens nothing, or of somebody who is disabled in Keycloak
 * - `over-privileged`: more than the rules give, or ADMIN or OWNER without a user in Keycloak
 * - `protected`: declared elsewhere; the sync never changes it
 */
export const MARKS = ["unknown", "ambiguous", "unverified", "dormant", "over-privileged", "protected"] as const;
export type Mark = (typeof MARKS)[number];

export const reviewRow = z.strictObject({
  email: z.string(),
  /** Of the user in Langfuse. */
  userId: z.string(),
  /** Name of the organization. */
  organization: z.string(),
  /** Name of the project; null for the role in the organization, which counts in all projects without a row. */
  project: z.string().nullable(),
  role: z.string(),
  why: z.string(),
  /** Of the audit file; null when it says nothing. */
  lastChange: z.strictObject({ time: z.string(), before: z.string(), after: z.string(), actor: z.string() }).nullable(),
  marks: z.array(z.enum(MARKS)),
});
export type ReviewRow = Readonly<z.output<typeof reviewRow>>;
export type LastChange = NonNullable<ReviewRow["lastChange"]>;

export interface ReviewSource {
  readonly name: string;
  readonly rules: AccessRules;
  /** With all projects, also those that no rule names. */
  readonly state: Pick<AccessState, "members" | "people" | "projects">;
  /** Undefined for a role that no audit line tells about; `project` is an id. */
  readonly lastChange: (userId: string, project: string | undefined) => LastChange | undefined;
}

/** Everybody with every role, sorted by address; each role in the organization comes before those in projects. */
export function reviewRows({ name, rules, state, lastChange }: ReviewSource): readonly ReviewRow[] {
  const { members, people, projects } = state;
  const resolved = resolveProjects(rules, projects).rules;
  const matches = matchMembers(members, people);
  const isProtected = addressMatcher([...rules.protect, ...rules.ignore]);
  const sorted = members.toSorted(
    (left, right) => compare(left.email, right.email) || compare(left.userId, right.userId),
  );
  return sorted.flatMap((member) => {
    const match = matches.get(member) ?? { kind: "unknown" };
    const entitlement = match.kind === "person" ? entitlementOf(match.person, resolved) : undefined;
    const rows = projects.filter(({ rows }) => rows.has(member.userId));
    const isKept = isProtected(member.email);
    const common = commonMarks(member, match, rows, isKept);
    const row = (role: string, project: Project | undefined, award: Award | undefined, why: string): ReviewRow => ({
      email: member.email,
      userId: member.userId,
      organization: name,
      project: project?.name ?? null,
      role,
      why,
      lastChange: lastChange(member.userId, project?.id) ?? null,
      marks: [
        ...common,
        ...(!isKept && exceeds(role, award?.role, match) ? ["over-privileged" as const] : []),
      ].toSorted(inOrder),
    });
    const award = ceiled(entitlement?.organization, member.role, match);
    return [
      row(member.role, undefined, award, isKept ? KEPT : whyOf(member.role, award, match)),
      ...rows.map((project) => {
        const role = project.rows.get(member.userId) ?? "NONE";
        const own = ceiled(entitlement?.projects.get(project.id), role, match);
        return row(role, project, own ?? entitlement?.organization, isKept ? KEPT : whyIn(role, own, match));
      }),
    ];
  });
}

const KEPT = "they are a declared member";

function commonMarks(member: Member, match: Match, rows: readonly Project[], isProtected: boolean): readonly Mark[] {
  const roles = [member.role, ...rows.map(({ rows: held }) => held.get(member.userId))];
  const hasAccess = roles.some((role) => role !== "NONE");
  const marks: Mark[] = [];
  if (isProtected) marks.push("protected");
  if (match.kind !== "person" && !isProtected) marks.push(match.kind);
  if (match.kind === "person" && hasAccess && !match.person.emailVerified) marks.push("unverified");
  if (!hasAccess || (match.kind === "person" && !match.person.enabled)) marks.push("dormant");
  return marks;
}

function exceeds(role: string, given: Role | undefined, match: Match): boolean {
  if (!isRole(role)) return false;
  if (match.kind === "person") return given !== undefined && isMightier(role, given);
  return match.kind === "unknown" && isMightier(role, "MEMBER");
}

/** What the rules give, as far as the person's address allows it. */
function ceiled(award: Award | undefined, current: string, match: Match): Award | undefined {
  if (award === undefined || match.kind !== "person") return award;
  return { ...award, role: ceiledRole(award.role, isRole(current) ? current : "NONE", match.person) };
}

function whyOf(role: string, award: Award | undefined, match: Match): string {
  if (match.kind === "unknown") return "they have no user in Keycloak";
  if (match.kind === "ambiguous") return match.why;
  if (award === undefined || award.role === role) return award?.reason ?? "";
  return `not by the rules, which give ${award.role} because ${award.reason}`;
}

function whyIn(role: string, award: Award | undefined, match: Match): string {
  if (match.kind === "person" && award === undefined) return "given in Langfuse; no rule gives a role there";
  return whyOf(role, award, match);
}

function inOrder(left: Mark, right: Mark): number {
  return MARKS.indexOf(left) - MARKS.indexOf(right);
}
