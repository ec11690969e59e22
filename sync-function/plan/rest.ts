import { type AccessRules, appliesTo } from "../roles/rule.ts";
import type { AccessState, Member, Project } from "./state.ts";

/**
 * Whether a member has no access and loses none, whoever they are: what they are given can only come from something that
 * somebody holds in Keycloak. Where nobody does, it makes no difference whether they still have a user there.
 */
export function isAtRest(
  { userId, role }: Member,
  { fallback, unmatched }: Pick<AccessRules, "fallback" | "unmatched">,
  projects: readonly Project[],
): boolean {
  const isWithout = role === "NONE" && projects.every(({ rows }) => !rows.has(userId));
  return isWithout && fallback === "NONE" && unmatched === "keep";
}

/** Whether a member is at rest and no rule applies to anybody who may be them, so that there is nothing to say about them. */
export function staysAtRest(
  member: Member,
  { people, projects }: Pick<AccessState, "people" | "projects">,
  rules: AccessRules,
): boolean {
  if (!isAtRest(member, rules, projects)) return false;
  const linked = people.linked.get(member.userId);
  const all = [...(people.byEmail.get(member.email) ?? []), ...(linked === undefined ? [] : [linked])];
  return !all.some((person) => rules.rules.some((rule) => appliesTo(rule, person)));
}
