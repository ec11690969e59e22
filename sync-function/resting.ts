import { mapLimited } from "./concurrency.ts";
import type { OrganizationReader, Roll } from "./organization.ts";
import type { Memory } from "./people/memory.ts";
import type { Addresses, Person } from "./people/person.ts";
import { isAtRest } from "./plan/rest.ts";
import type { Member } from "./plan/state.ts";

/**
 * Which addresses have to be looked up. Members at rest need not be once an earlier run has done so: it has linked them to
 * their user, by whom they are still found when the address changes.
 */
export function addressesOf(rolls: readonly Roll<OrganizationReader>[], memory: Memory): Addresses {
  const emails = new Set<string>();
  const resting = new Set<string>();
  for (const { organization, compared, projects } of rolls) {
    const { rules } = organization;
    const known = memory.get(rules.organization);
    for (const member of compared) {
      const wasSeen = known !== undefined && (known.links.has(member.userId) || known.absences.has(member.userId));
      if (wasSeen && isAtRest(member, rules, projects)) resting.add(member.email);
      else emails.add(member.email);
    }
  }
  return { emails, resting: resting.difference(emails) };
}

/** A member for whom nobody was looked up, and the id of the user whom they were found to be in an earlier run. */
export interface Sleeper {
  readonly member: Member;
  readonly link: string | undefined;
}

export interface Waking {
  /** Everybody who is known by now. */
  readonly known: () => Iterable<Person>;
  /** Whether the user with this id holds something. */
  readonly isHolder: (id: string) => boolean;
  readonly lookUp: (sleeper: Sleeper) => Promise<void>;
}

const LOOKUPS_AT_ONCE = 4;

/**
 * Looks up whoever must be known after all: somebody was found who has their address, or is the user whom they are linked
 * to. Both may sign in as this member, and one user may seem to be two members.
 *
 * @returns those of whom nobody needs to know who they are
 */
export async function wake(
  sleepers: readonly Sleeper[],
  { known, isHolder, lookUp }: Waking,
): Promise<readonly Sleeper[]> {
  let asleep = sleepers;
  while (asleep.length > 0) {
    const [ids, emails] = [new Set<string>(), new Set<string>()];
    for (const { id, email } of known()) {
      ids.add(id);
      emails.add(email);
    }
    const isWoken = ({ member, link }: Sleeper) =>
      emails.has(member.email) || (link !== undefined && (ids.has(link) || isHolder(link)));
    const woken = asleep.filter(isWoken);
    if (woken.length === 0) return asleep;
    asleep = asleep.filter((sleeper) => !isWoken(sleeper));
    await mapLimited(woken, LOOKUPS_AT_ONCE, lookUp);
  }
  return asleep;
}
