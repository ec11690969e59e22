import type { Change } from "../plan/change.ts";
import type { Plan } from "../plan/plan.ts";
import { escalates, nameOf } from "./concerned.ts";
import type { GuardLimits } from "./limits.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { type GuardWorld, peopleIn } from "./world.ts";

/** Members of whom it is not certain who they are, or that their address is theirs. */
export function uncertainPeople(plan: Plan, world: GuardWorld, limits: GuardLimits): readonly Refusal[] {
  const { organization } = world.rules;
  const ambiguous = limits.ambiguous === "skip" ? [] : ambiguousPeople(plan);
  const unverified = limits.unverified === "skip" ? [] : unverifiedPeople(plan, world);
  return [
    ...(ambiguous.length === 0
      ? []
      : [
          refusal({
            guard: "ambiguous",
            organization,
            people: ambiguous,
            what: "it is not certain who these people are in Keycloak",
            remedy: "give each user there an address of their own, or put them on the list of those to ignore",
          }),
        ]),
    ...(unverified.length === 0
      ? []
      : [
          refusal({
            guard: "unverified",
            organization,
            people: unverified,
            what: "the rules make people ADMIN or OWNER whose address nobody has verified",
            remedy: "verify it in Keycloak; an approval applies the plan as it is, in which they get less",
          }),
        ]),
  ];
}

/** Who has no access loses nothing while it is not known who they are. */
function ambiguousPeople({ untouched, changes }: Plan): readonly string[] {
  const open = untouched.filter(({ kind, role }) => kind === "ambiguous" && role !== "NONE").map(nameOf);
  return [...new Set([...open, ...doublyNamed(changes)])];
}

/** A plan never changes two members that have one address; whoever wrote this one did. */
function doublyNamed(changes: readonly Change[]): readonly string[] {
  const users = new Map<string, string | null>();
  return changes.flatMap(({ email, userId }) => {
    const known = users.get(email);
    users.set(email, userId);
    return known === undefined || known === userId || email === "" ? [] : [email];
  });
}

/** Those the plan gives less than the rules, and those it should have given less. */
function unverifiedPeople({ untouched, changes }: Plan, world: GuardWorld): readonly string[] {
  const unverified = new Set(
    peopleIn(world)
      .filter(({ emailVerified }) => !emailVerified)
      .map(({ id }) => id),
  );
  const risen = changes.filter(
    (change) =>
      change.withheld !== undefined ||
      (escalates(change) && change.keycloakId !== null && unverified.has(change.keycloakId)),
  );
  return [...new Set([...untouched.filter(({ kind }) => kind === "unverified"), ...risen].map(nameOf))];
}
