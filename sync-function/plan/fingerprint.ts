import { createHash } from "node:crypto";
import type { Person } from "../people/person.ts";
import { type AccessRules, appliesTo } from "../roles/rule.ts";
import { byPerson, compare } from "./order.ts";
import { staysAtRest } from "./rest.ts";
import { type AccessState, type Member, membersInScope } from "./state.ts";

/**
 * SHA-256 over everything a plan follows from, in an order of its own: the same facts give the same fingerprint. Of
 * people only counts which rules apply to them, so that another organization's rules make no difference.
 */
export function fingerprintOf(state: AccessState, rules: AccessRules): string {
  const facts = {
    organization: rules.organization,
    rules: rules.rules.map(({ from, when, organization, projects }) => [from, when, organization, [...projects]]),
    fallback: rules.fallback,
    protect: rules.protect.toSorted(compare),
    ignore: rules.ignore.toSorted(compare),
    unmatched: [rules.unmatched, rules.unmatchedScope, rules.graceDays, rules.provision],
    holders: state.holders
      .filter(({ email }) => rules.provision && email !== "")
      .map(({ id, email }) => [id, email, peopleFacts(state.people.byEmail.get(email) ?? [], rules)])
      .toSorted((left, right) => compare(JSON.stringify(left), JSON.stringify(right))),
    projects: state.projects
      .toSorted((left, right) => compare(left.id, right.id))
      .map(({ id, name, rows }) => [id, name, [...rows].toSorted(([left], [right]) => compare(left, right))]),
  };
  const hash = createHash("sha256").update(JSON.stringify(facts));
  // One by one: the facts of ten thousand members at once would be a tenth of a run's memory.
  for (const member of membersInScope(state).toSorted(byPerson))
    hash.update(`\n${JSON.stringify(memberFacts(member, state, rules))}`);
  return hash.digest("hex");
}

/** One name for several plans, whatever their order. */
export function combinedFingerprint(plans: readonly { readonly fingerprint: string }[]): string {
  const [only, second] = plans;
  if (only !== undefined && second === undefined) return only.fingerprint;
  const all = plans.map(({ fingerprint }) => fingerprint).toSorted(compare);
  return createHash("sha256").update(all.join("\n")).digest("hex");
}

function memberFacts(member: Member, state: AccessState, rules: AccessRules): unknown[] {
  const { email, userId, role } = member;
  const { people, absences, unavailable } = state;
  // Whether their people were looked up must make no difference.
  if (staysAtRest(member, state, rules)) return [email, userId, role];
  const named = people.byEmail.get(email) ?? [];
  const [namedOne, namesake] = named;
  const link = people.linked.get(userId);
  // A link that says what the address says anyway decides nothing: with it and without, the plan is the same.
  const linked = namesake === undefined && link?.id === namedOne?.id ? undefined : link;
  // Where nobody is ever removed for it, the first run that remembers it must not overthrow an approval.
  const absence = rules.unmatched === "keep" ? undefined : absences.get(userId);
  return [
    email,
    userId,
    role,
    peopleFacts(named, rules),
    linked === undefined ? null : personFacts(linked, rules),
    absence === undefined ? null : [absence.since, absence.due, absence.wasLinked],
    unavailable.get(userId) ?? 0,
  ];
}

function peopleFacts(people: readonly Person[], rules: AccessRules): unknown[] {
  return people
    .map((person) => personFacts(person, rules))
    .toSorted((left, right) => compare(String(left[0]), String(right[0])));
}

function personFacts(person: Person, { rules }: AccessRules): unknown[] {
  const applying = [...rules.entries()].filter(([, rule]) => appliesTo(rule, person)).map(([position]) => position);
  return [person.id, person.email, person.enabled, person.emailVerified, person.federated, applying];
}
