import { mapLimited } from "./concurrency.ts";
import type { LangfuseClient } from "./langfuse/client.ts";
import { type Organization, type OrganizationReader, type Roll, readOrganizations } from "./organization.ts";
import type { People } from "./people/match.ts";
import { type Memory, NO_MEMORY, type OrganizationMemory, remember } from "./people/memory.ts";
import type { Directory, DirectoryAnswer, Interest, Person } from "./people/person.ts";
import { raises } from "./plan/change.ts";
import { type Plan, signed, type UnsignedPlan, unsignedPlan } from "./plan/plan.ts";
import type { Absence, AccessState, Member } from "./plan/state.ts";
import { addressesOf, wake } from "./resting.ts";
import { interestOf } from "./roles/rule.ts";

/** What was read about an organization, and what follows from it. */
export interface Decision<Client extends OrganizationReader = LangfuseClient> {
  readonly organization: Organization<Client>;
  readonly state: AccessState;
  readonly plan: Plan;
}

const DAY = 24 * 60 * 60_000;
/** Organizations of which linked people are looked up at a time. */
const ORGANIZATIONS_AT_ONCE = 4;
/** People asked again at a time. */
const CONFIRMATIONS_AT_ONCE = 4;

/**
 * Reads Keycloak once and every organization, and decides. Whoever would change is asked about again first, and that
 * answer wins: nobody loses or gains anything by a list alone.
 *
 * @param everybody whether members without access are looked up too who hold nothing, about whom a plan has nothing to
 * say; default false
 * @throws AccessError when anything was missing, short or contradictory; there is no plan then, for any organization
 */
export async function decide<Client extends OrganizationReader>(
  directory: Directory,
  organizations: readonly Organization<Client>[],
  memory: Memory,
  now: Date,
  { everybody = false } = {},
): Promise<readonly Decision<Client>[]> {
  const interest = interestOf(organizations.map(({ rules }) => rules));
  const reading = readOrganizations(organizations);
  const addresses = reading.then((rolls) => addressesOf(rolls, everybody ? new Map() : memory));
  const [rolls, answer] = await Promise.all([reading, directory.read(interest, addresses)]);
  const found: Found = { byEmail: new Map(answer.byEmail), byId: new Map() };
  if (organizations.some(({ rules }) => rules.provision)) noteHolders(answer.holders, found.byEmail);
  const remembered = rolls.map((roll) => ({
    roll,
    ...(memory.get(roll.organization.rules.organization) ?? NO_MEMORY),
  }));
  const unread = await findOthers(remembered, answer, found, directory, interest);
  const drafts = remembered.map(({ roll: { organization, members, projects }, links, absences, unavailable }) => ({
    organization,
    links,
    facts: {
      members,
      projects,
      holders: organization.rules.provision ? answer.holders : [],
      absences: absencesOf(absences, links, organization.rules.graceDays, now),
      unavailable,
      unread,
    },
  }));
  return await confirmed(drafts, directory, interest, found);
}

/** People as they were found so far; what is confirmed takes the place of what a list said. */
export interface Found {
  readonly byEmail: Map<string, readonly Person[]>;
  readonly byId: Map<string, Person>;
}

/** An organization whose people may still change. */
export interface Draft<Client extends OrganizationReader> {
  readonly organization: Organization<Client>;
  readonly facts: Omit<AccessState, "people">;
  readonly links: OrganizationMemory["links"];
}

/** Addresses of holders who may be provisioned; whether somebody else has them too is found out by the confirmation. */
function noteHolders(holders: readonly Person[], byEmail: Map<string, readonly Person[]>): void {
  const asked = new Set(byEmail.keys());
  for (const person of holders) {
    if (person.email === "" || asked.has(person.email)) continue;
    byEmail.set(person.email, [...(byEmail.get(person.email) ?? []), person]);
  }
}

/**
 * Finds whom no address that was asked for leads to: by links, and whoever has to be known because of somebody found.
 *
 * @returns ids of the members for whom nobody was looked up
 */
async function findOthers(
  remembered: readonly (Pick<OrganizationMemory, "links"> & { readonly roll: Roll<OrganizationReader> })[],
  { unread, holder }: DirectoryAnswer,
  found: Found,
  directory: Directory,
  interest: Interest,
): Promise<ReadonlySet<string>> {
  const isUnread = ({ email }: Member) => unread.has(email);
  const find = (id: string) => directory.find(interest, id);
  await mapLimited(remembered, ORGANIZATIONS_AT_ONCE, async ({ roll, links }) => {
    const looked = roll.compared.filter((member) => !isUnread(member));
    await findStrayed(looked, links, found, find);
  });
  const sleepers = remembered.flatMap(({ roll, links }) =>
    roll.compared.filter(isUnread).map((member) => ({ member, link: links.get(member.userId) })),
  );
  const asleep = await wake(sleepers, {
    known: () => [...[...found.byEmail.values()].flat(), ...found.byId.values()],
    isHolder: (id) => holder(id) !== undefined,
    lookUp: async ({ member, link }) => {
      found.byEmail.set(member.email, await directory.confirm(interest, member.email));
      if (link !== undefined) await findStrayed([member], new Map([[member.userId, link]]), found, find);
    },
  });
  return new Set(asleep.map(({ member }) => member.userId));
}

/** Linked people are looked up only where the address does not lead to them. */
async function findStrayed(
  members: readonly Member[],
  links: OrganizationMemory["links"],
  { byEmail, byId }: Found,
  find: (id: string) => Promise<Person | undefined>,
): Promise<void> {
  const strayed = members.flatMap(({ userId, email }) => {
    const id = links.get(userId);
    return id === undefined || byId.has(id) || byEmail.get(email)?.some((person) => person.id === id) ? [] : [id];
  });
  await mapLimited([...new Set(strayed)], CONFIRMATIONS_AT_ONCE, async (id) => {
    const person = await find(id);
    if (person !== undefined) byId.set(id, person);
  });
}

function absencesOf(
  absences: OrganizationMemory["absences"],
  links: OrganizationMemory["links"],
  graceDays: number,
  now: Date,
): ReadonlyMap<string, Absence> {
  const isDue = (since: string) => now.getTime() - Date.parse(since) >= graceDays * DAY;
  return new Map(
    [...absences].map(([userId, since]) => [userId, { since, due: isDue(since), wasLinked: links.has(userId) }]),
  );
}

function peopleOf<Client extends OrganizationReader>(
  { facts, links }: Draft<Client>,
  { byEmail, byId }: Found,
): People {
  const linked = facts.members.flatMap(({ userId, email }) => {
    const id = links.get(userId);
    if (id === undefined) return [];
    const person = byEmail.get(email)?.find((candidate) => candidate.id === id) ?? byId.get(id);
    return person === undefined ? [] : [[userId, person] as const];
  });
  return { byEmail, linked: new Map(linked) };
}

/** A decision that rests on what nobody has been asked about again. */
export type Tentative<Client extends OrganizationReader> = Omit<Decision<Client>, "plan"> & {
  readonly plan: UnsignedPlan;
};

/** What would be decided by what has been found so far. */
export function planned<Client extends OrganizationReader>(
  drafts: readonly Draft<Client>[],
  found: Found,
): readonly Tentative<Client>[] {
  return drafts.map((draft) => {
    const { organization, facts } = draft;
    const state = { ...facts, people: peopleOf(draft, found) };
    return { organization, state, plan: unsignedPlan(state, organization.rules) };
  });
}

/**
 * Plans, asks again about everybody who would change, and plans anew, until nobody is left to be asked about. Whoever was
 * asked about for a gain and would now lose something is asked about once more: an answer for a gain is not proven.
 */
export async function confirmed<Client extends OrganizationReader>(
  drafts: readonly Draft<Client>[],
  directory: Directory,
  interest: Interest,
  found: Found,
): Promise<readonly Decision<Client>[]> {
  /** Addresses and ids, and whether their answers were proven. */
  const asked = new Map<string, boolean>([["", true]]);
  for (;;) {
    const decisions = planned(drafts, found);
    const changing = decisions.flatMap(({ plan: { changes }, state }) =>
      changes.map((change) => ({
        email: change.email,
        linked: state.people.linked.get(change.userId ?? ""),
        losing: !raises(change),
      })),
    );
    const losing = new Set(
      changing.flatMap((change) => (change.losing ? [change.email, change.linked?.id ?? change.email] : [])),
    );
    const isOpen = (key: string) => !asked.has(key) || (losing.has(key) && !asked.get(key));
    const emails = new Set(changing.map(({ email }) => email).filter(isOpen));
    const ids = new Set(
      changing.flatMap(({ email, linked }) =>
        linked === undefined || linked.email === email || !isOpen(linked.id) ? [] : [linked.id],
      ),
    );
    if (emails.size === 0 && ids.size === 0) return decisions.map(final);
    for (const key of [...emails, ...ids]) asked.set(key, losing.has(key));
    await mapLimited([...emails], CONFIRMATIONS_AT_ONCE, async (email) => {
      found.byEmail.set(email, await directory.confirm(interest, email, { losing: losing.has(email) }));
    });
    await mapLimited([...ids], CONFIRMATIONS_AT_ONCE, async (id) => {
      const person = await directory.find(interest, id, { losing: losing.has(id) });
      if (person === undefined) found.byId.delete(id);
      else found.byId.set(id, person);
    });
  }
}

function final<Client extends OrganizationReader>({ organization, state, plan }: Tentative<Client>): Decision<Client> {
  return { organization, state, plan: signed(plan, state, organization.rules) };
}

/** What is remembered of what was read, whatever is done about it. */
export function memoryAfter(decisions: readonly Decision<OrganizationReader>[], before: Memory, now: Date): Memory {
  return new Map(
    decisions.map(({ organization: { rules }, state }) => [
      rules.organization,
      remember(state, before.get(rules.organization) ?? NO_MEMORY, now),
    ]),
  );
}
