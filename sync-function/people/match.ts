import type { Person } from "./person.ts";

/**
 * Who in Keycloak a member of Langfuse is.
 *
 * - `person`: exactly one
 * - `unknown`: nobody
 * - `ambiguous`: the address belongs to several people, or to another one than the member was linked to
 */
export type Match =
  | { readonly kind: "person"; readonly person: Person }
  | { readonly kind: "unknown" }
  | { readonly kind: "ambiguous"; readonly why: string };

/** Where people are looked up. */
export interface People {
  /** By lower-case address. */
  readonly byEmail: ReadonlyMap<string, readonly Person[]>;
  /** By Langfuse's user id: whom that user was found to be in earlier runs, if they still exist. */
  readonly linked: ReadonlyMap<string, Person>;
}

/** As far as a member of Langfuse tells who they are. */
export interface Identity {
  readonly userId: string;
  /** Lower case; empty where Langfuse has none. */
  readonly email: string;
}

/** Who every member is; nobody is two members, and no address belongs to two. */
export function matchMembers<M extends Identity>(members: readonly M[], people: People): ReadonlyMap<M, Match> {
  const shared = repeated(members.map(({ email }) => email).filter((email) => email !== ""));
  const matches = new Map<M, Match>(
    members.map((member) => [
      member,
      shared.has(member.email) ? { kind: "ambiguous", why: SEVERAL } : matchPerson(member, people),
    ]),
  );
  const claimed = repeated(
    [...matches.values()].flatMap((match) => (match.kind === "person" ? [match.person.id] : [])),
  );
  for (const [member, match] of matches) {
    if (match.kind !== "person" || !claimed.has(match.person.id)) continue;
    matches.set(member, { kind: "ambiguous", why: "their user in Keycloak belongs to several members" });
  }
  return matches;
}

const SEVERAL = "their address belongs to several people";

/**
 * By the link of earlier runs, then by address: an address that was changed in Keycloak does not change in Langfuse. If
 * link and address name two people nobody is chosen, because both can sign in as this user.
 */
export function matchPerson(member: Identity, people: People): Match {
  const named = member.email === "" ? [] : (people.byEmail.get(member.email) ?? []);
  const linked = people.linked.get(member.userId);
  const [person, namesake] = named;
  if (namesake !== undefined) return { kind: "ambiguous", why: SEVERAL };
  if (linked !== undefined && person !== undefined && person.id !== linked.id) {
    return { kind: "ambiguous", why: "their address now belongs to somebody else in Keycloak" };
  }
  const found = linked ?? person;
  return found === undefined ? { kind: "unknown" } : { kind: "person", person: found };
}

function repeated(items: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(items.filter((item) => seen.has(item) || !seen.add(item)));
}
