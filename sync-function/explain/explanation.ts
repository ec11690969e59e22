import type { Decision } from "../decision.ts";
import type { Explanation as Holding } from "../keycloak/explanation.ts";
import type { OrganizationReader } from "../organization.ts";
import { type Match, matchMembers } from "../people/match.ts";
import type { Person } from "../people/person.ts";
import type { Change } from "../plan/change.ts";
import type { Untouched } from "../plan/untouched.ts";
import { addressMatcher } from "../roles/pattern.ts";
import type { Refusal } from "../safeguards.ts";
import { callOf } from "./call.ts";
import { type Verdict, verdictsOf } from "./verdict.ts";

/** Who somebody is in Keycloak, with every way in which they hold what rules ask for. */
export interface Identity {
  readonly person: Person;
  readonly holdings: readonly Holding[];
}

export interface OrganizationExplanation {
  /** Id in Langfuse. */
  readonly organization: string;
  readonly name: string;
  /** Undefined when they are no member. */
  readonly member: { readonly userId: string; readonly role: string } | undefined;
  /** Whether they are on the list of those to ignore. */
  readonly ignored: boolean;
  readonly protected: boolean;
  /** Undefined when it is not certain who they are; then no rule is asked. */
  readonly verdicts: readonly Verdict[] | undefined;
  readonly changes: readonly Change[];
  readonly untouched: readonly Untouched[];
  /** What the guards have against the whole plan of this organization. */
  readonly refusals: readonly Refusal[];
  /** Requests that would follow, if nothing refuses the plan. */
  readonly calls: readonly string[];
}

export interface PersonExplanation {
  readonly email: string;
  /** Several where the realm lets them share the address. */
  readonly identities: readonly Identity[];
  readonly organizations: readonly OrganizationExplanation[];
}

/** Why somebody has, gets or does not get a role in one organization. */
export function explainIn(
  { organization: { name, rules }, state, plan }: Decision<OrganizationReader>,
  email: string,
  named: readonly Person[],
  refusals: readonly Refusal[],
): OrganizationExplanation {
  const member = state.members.find((each) => each.email === email);
  const isIgnored = addressMatcher(rules.ignore);
  // As the plan sees it: of those who are ignored it takes no notice.
  const others = state.members.filter((each) => each === member || !isIgnored(each.email));
  const match = member === undefined ? undefined : matchMembers(others, state.people).get(member);
  const person = personOf(match, named);
  const changes = plan.changes.filter((change) => change.email === email);
  return {
    organization: rules.organization,
    name,
    member: member && { userId: member.userId, role: member.role },
    ignored: isIgnored(email),
    protected: addressMatcher(rules.protect)(email),
    verdicts: person && verdictsOf(person, rules),
    changes,
    untouched: plan.untouched.filter((untouched) => untouched.email === email),
    refusals: refusals.filter((refusal) => refusal.organization === rules.organization),
    calls: changes.map(callOf),
  };
}

/** Who is no member has no match; then the address counts, if only one person has it. */
function personOf(match: Match | undefined, named: readonly Person[]): Person | undefined {
  if (match !== undefined) return match.kind === "person" ? match.person : undefined;
  return named.length === 1 ? named[0] : undefined;
}
