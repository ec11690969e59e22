import type { Role } from "../langfuse/role.ts";
import type { Person } from "../people/person.ts";
import { entitlementOf } from "../roles/entitlement.ts";
import { type AccessRules, appliesTo, describeSource, type Rule } from "../roles/rule.ts";

/** What became of one rule for one target, for one person. */
export interface Verdict {
  /** Position in the rules, from 0; undefined for the default. */
  readonly rule: number | undefined;
  /** What the rule asks for, such as the name of a role; `default`, or `no rule`, for what counts without one. */
  readonly source: string;
  /** Project, as the rules name it; absent for the organization. */
  readonly project?: string;
  readonly role: Role;
  /** Whether this is what decides. */
  readonly wins: boolean;
  /** For people. */
  readonly why: string;
}

/** Every rule with what it would give and why it wins or loses, in their order; then what counts without a rule. */
export function verdictsOf(person: Person, rules: AccessRules): readonly Verdict[] {
  const { organization, projects } = entitlementOf(person, rules);
  const verdicts: Verdict[] = [];
  for (const [position, rule] of rules.rules.entries()) {
    const source = describeSource(rule.from);
    const obstacle = obstacleTo(rule, person);
    const verdict = (role: Role, winner: number | undefined, project?: string): Verdict => ({
      rule: position,
      source,
      ...(project !== undefined && { project }),
      role,
      wins: obstacle === undefined && winner === position,
      why:
        obstacle ??
        (winner === position ? "applies, and is the first that does" : `applies, but rule ${winner} comes first`),
    });
    if (rule.organization !== undefined) verdicts.push(verdict(rule.organization, organization.rule));
    for (const [project, role] of rule.projects) verdicts.push(verdict(role, projects.get(project)?.rule, project));
  }
  const decided = organization.rule !== undefined;
  verdicts.push({
    rule: undefined,
    source: "default",
    role: person.enabled ? rules.fallback : "NONE",
    wins: !decided,
    why: defaultReason(person, organization.rule),
  });
  return verdicts;
}

function defaultReason({ enabled }: Person, winner: number | undefined): string {
  if (!enabled) return "counts for everybody who is disabled in Keycloak";
  return winner === undefined ? "counts, because no rule applies" : `is not asked for, because rule ${winner} applies`;
}

function obstacleTo(rule: Rule, person: Person): string | undefined {
  // What disabled people hold is not even read.
  if (!person.enabled) return "does not count: disabled in Keycloak";
  if (!appliesTo({ from: rule.from }, person)) {
    return rule.from.kind === "group" ? "does not apply: not in it" : "does not apply: not held";
  }
  const { emailVerified, emailDomain } = rule.when ?? {};
  if (emailVerified !== undefined && emailVerified !== person.emailVerified) {
    return `does not apply: only where the address is ${emailVerified ? "" : "not "}verified`;
  }
  if (emailDomain !== undefined && !appliesTo(rule, person)) {
    return `does not apply: only for addresses of ${emailDomain.join(", ")}`;
  }
  return undefined;
}
