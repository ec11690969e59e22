import { mapLimited } from "../concurrency.ts";
import { confirmed, type Decision, type Draft, type Found, planned } from "../decision.ts";
import { type Organization, type OrganizationReader, readOrganizations } from "../organization.ts";
import { type Memory, NO_MEMORY } from "../people/memory.ts";
import type { Directory, Interest, Person } from "../people/person.ts";
import type { Member } from "../plan/state.ts";
import { interestOf } from "../roles/rule.ts";

/** Whom a run is about, by whatever is known of them. */
export interface NamedPeople {
  /** Ids of users in Keycloak. */
  readonly ids: ReadonlySet<string>;
  /** Lower case. */
  readonly emails: ReadonlySet<string>;
}

const ORGANIZATIONS_AT_ONCE = 4;
const PEOPLE_AT_ONCE = 8;

/**
 * Decides about these people as a run about everybody would, with the same rules, and leaves all others as they are.
 * Nobody is removed by it who has no user in Keycloak, or whom a user storage has switched off: how long that has been
 * so is what runs about everybody find out.
 *
 * @param memory whom members were found to be in earlier runs; nothing is added to it
 * @throws AccessError when anything was missing, short or contradictory
 */
export async function decideAbout<Client extends OrganizationReader>(
  named: NamedPeople,
  directory: Directory,
  organizations: readonly Organization<Client>[],
  memory: Memory | Promise<Memory>,
): Promise<readonly Decision<Client>[]> {
  const { drafts, found, interest } = await draftAbout(named, directory, organizations, memory);
  return await confirmed(drafts, directory, interest, found);
}

/**
 * Whether these people have what the rules give them, so that there is nothing to decide. Nobody is asked twice for it: what
 * seems to have to change is for a run to find out.
 *
 * @throws AccessError as above
 */
export async function isSettled(
  named: NamedPeople,
  directory: Directory,
  organizations: readonly Organization<OrganizationReader>[],
  memory: Memory,
): Promise<boolean> {
  const { drafts, found } = await draftAbout(named, directory, organizations, memory);
  return planned(drafts, found).every(({ plan: { changes } }) => changes.length === 0);
}

async function draftAbout<Client extends OrganizationReader>(
  named: NamedPeople,
  directory: Directory,
  organizations: readonly Organization<Client>[],
  memory: Memory | Promise<Memory>,
): Promise<{ readonly drafts: readonly Draft<Client>[]; readonly found: Found; readonly interest: Interest }> {
  const interest = interestOf(organizations.map(({ rules }) => rules));
  const found: Found = { byEmail: new Map(), byId: new Map() };
  const [read, known] = await Promise.all([
    readOrganizations(organizations),
    memory,
    directory.read(interest, { emails: named.emails }).then(({ byEmail }) => {
      for (const [email, people] of byEmail) found.byEmail.set(email, people);
    }),
    lookUp(named.ids, found, directory, interest),
  ]);
  const linksOf = ({ rules }: Organization<Client>) => (known.get(rules.organization) ?? NO_MEMORY).links;
  const candidates = read.map(({ organization, compared }) => ({ members: compared, links: linksOf(organization) }));
  const about = await widened(named, candidates, found, directory, interest);
  const holders = [...found.byId.values()].filter(holdsSomething);
  const drafts = await mapLimited(
    read,
    ORGANIZATIONS_AT_ONCE,
    async ({ organization, members, projects, compared }): Promise<Draft<Client>> => {
      const links = linksOf(organization);
      const scope = new Set(compared.filter((member) => isAmong(member, links, about)).map(({ userId }) => userId));
      const facts = {
        members,
        projects,
        scope,
        holders: organization.rules.provision ? holders : [],
        absences: new Map(),
        unavailable: new Map(),
      };
      return { organization, facts, links };
    },
  );
  return { drafts, found, interest };
}

interface Candidates {
  readonly members: readonly Member[];
  readonly links: ReadonlyMap<string, string>;
}

/**
 * Everybody who must be known so that it is certain who the named people are: whoever has their address, or is linked to
 * a member who has it.
 */
async function widened(
  named: NamedPeople,
  candidates: readonly Candidates[],
  found: Found,
  directory: Directory,
  interest: Interest,
): Promise<NamedPeople> {
  const [ids, emails] = [new Set(named.ids), new Set(named.emails)];
  const asked = new Set(ids);
  for (;;) {
    for (const person of [...found.byEmail.values()].flat()) found.byId.set(person.id, person);
    for (const { id, email } of found.byId.values()) {
      ids.add(id);
      if (email !== "") emails.add(email);
    }
    for (const { members, links } of candidates) {
      for (const member of members) {
        if (!isAmong(member, links, { ids, emails })) continue;
        emails.add(member.email);
        const link = links.get(member.userId);
        if (link !== undefined) ids.add(link);
      }
    }
    const openEmails = [...emails].filter((email) => !found.byEmail.has(email));
    await mapLimited(openEmails, PEOPLE_AT_ONCE, async (email) => {
      found.byEmail.set(email, await directory.confirm(interest, email));
    });
    const openIds = [...ids].filter((id) => !found.byId.has(id) && !asked.has(id));
    for (const id of openIds) asked.add(id);
    await lookUp(openIds, found, directory, interest);
    if (openEmails.length + openIds.length === 0) return { ids, emails };
  }
}

async function lookUp(ids: Iterable<string>, { byId }: Found, directory: Directory, interest: Interest): Promise<void> {
  await mapLimited([...ids], PEOPLE_AT_ONCE, async (id) => {
    const person = await directory.find(interest, id);
    if (person !== undefined) byId.set(id, person);
  });
}

function isAmong({ userId, email }: Member, links: Candidates["links"], { ids, emails }: NamedPeople): boolean {
  return emails.has(email) || ids.has(links.get(userId) ?? "");
}

function holdsSomething({ realmRoles, clientRoles, groups }: Person): boolean {
  return realmRoles.length + clientRoles.length + groups.length > 0;
}
