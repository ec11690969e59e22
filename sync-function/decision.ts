import { mapLimited } from "./concurrency.ts";
import { AccessError } from "./errors.ts";
import type { GuardLimits } from "./guard/limits.ts";
import type { LangfuseClient } from "./langfuse/client.ts";
import { type MemberReader, readMembers } from "./langfuse/members.ts";
import type { People } from "./people/match.ts";
import { type Memory, NO_MEMORY, type OrganizationMemory, remember } from "./people/memory.ts";
import type { Directory, Interest, Person } from "./people/person.ts";
import { raises } from "./plan/change.ts";
import { looksAtProjects } from "./plan/managed-projects.ts";
import { type Plan, plan } from "./plan/plan.ts";
import type { Absence, AccessState, Member, Project } from "./plan/state.ts";
import { addressMatcher } from "./roles/pattern.ts";
import { type AccessRules, interestOf } from "./roles/rule.ts";

/** What is read of Langfuse. */
export type OrganizationReader = MemberReader & Pick<LangfuseClient, "listProjects" | "listProjectMemberships">;

export interface Organization<Client extends OrganizationReader = LangfuseClient> {
  /** How people call it. */
  readonly name: string;
  /** Its `organization` is the id in Langfuse. */
  readonly rules: AccessRules;
  /** What still counts while a plan is applied. */
  readonly guards: Pick<GuardLimits, "minimumOwners">;
  readonly langfuse: Client;
}

/** What was read about an organization, and what follows from it. */
export interface Decision<Client extends OrganizationReader = LangfuseClient> {
  readonly organization: Organization<Client>;
  readonly state: AccessState;
  readonly plan: Plan;
}

const DAY = 24 * 60 * 60_000;
/** Organizations read at a time, and projects of each: more would only queue in Langfuse's database. */
const ORGANIZATIONS_AT_ONCE = 4;
const PROJECTS_AT_ONCE = 4;
/** People asked again at a time. */
const CONFIRMATIONS_AT_ONCE = 4;

/**
 * Reads Keycloak once and every organization, and decides. Whoever would change is asked about again first, and that
 * answer wins: nobody loses or gains anything by a list alone.
 *
 * @throws AccessError when anything was missing, short or contradictory; there is no plan then, for any organization
 */
export async function decide<Client extends OrganizationReader>(
  directory: Directory,
  organizations: readonly Organization<Client>[],
  memory: Memory,
  now: Date,
): Promise<readonly Decision<Client>[]> {
  const interest = interestOf(organizations.map(({ rules }) => rules));
  const reading = readOrganizations(organizations);
  const emails = reading.then((read) => new Set(read.flatMap(({ compared }) => compared.map(({ email }) => email))));
  const [read, { holders, ...answer }] = await Promise.all([reading, directory.read(interest, emails)]);
  const byEmail = new Map(answer.byEmail);
  if (organizations.some(({ rules }) => rules.provision)) noteHolders(holders, byEmail);
  const found: Found = { byEmail, byId: new Map() };
  const drafts = await mapLimited(
    read,
    ORGANIZATIONS_AT_ONCE,
    async ({ organization, members, projects, compared }) => {
      const { links, absences, unavailable } = memory.get(organization.rules.organization) ?? NO_MEMORY;
      const { graceDays, provision } = organization.rules;
      await findStrayed(compared, links, found, (id) => directory.find(interest, id));
      const facts = {
        members,
        projects,
        holders: provision ? holders : [],
        absences: absencesOf(absences, links, graceDays, now),
        unavailable,
      };
      return { organization, facts, links };
    },
  );
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

/** The members and projects of each, and which of the members are compared with Keycloak. */
export async function readOrganizations<Client extends OrganizationReader>(
  organizations: readonly Organization<Client>[],
) {
  const read = await mapLimited(organizations, ORGANIZATIONS_AT_ONCE, readOrganization);
  requireDifferent(read);
  return read;
}

/** The members of the organization, and its projects if the rules look at them. */
async function readOrganization<Client extends OrganizationReader>(organization: Organization<Client>) {
  const { langfuse, rules, name } = organization;
  const memberships = await readMembers(langfuse, `organization ${name}`);
  const members = memberships.map(
    ({ userId, email, role }): Member => ({ userId, email: email?.toLowerCase() ?? "", role }),
  );
  const projects = looksAtProjects(rules)
    ? await mapLimited(
        await langfuse.listProjects(),
        PROJECTS_AT_ONCE,
        async ({ id, name: title }): Promise<Project> => {
          const rows = await langfuse.listProjectMemberships(id);
          return { id, name: title, rows: new Map(rows.map(({ userId, role }) => [userId, role])) };
        },
      )
    : [];
  const [isIgnored, isProtected] = [addressMatcher(rules.ignore), addressMatcher(rules.protect)];
  // Members without an address can be nobody in Keycloak, and those left alone are not compared.
  const compared = members.filter(({ email }) => email !== "" && !isIgnored(email) && !isProtected(email));
  return { organization, members, compared, projects: projects.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/**
 * A key does not tell which organization it is of, but a project is in one only. Where two have one in common the rules
 * of both would decide about the same people, against each other. Costs no request; where no project is read, the doctor
 * finds it.
 */
function requireDifferent(read: readonly Awaited<ReturnType<typeof readOrganization>>[]): void {
  const owners = new Map<string, string>();
  for (const { organization, projects } of read) {
    for (const { id, name } of projects) {
      const other = owners.get(id);
      owners.set(id, organization.name);
      if (other === undefined) continue;
      throw new AccessError(
        "incomplete",
        `Langfuse: project ${name} is in organization ${other} and in ${organization.name}, so that both keys open the same one; give each a key of its own organization`,
      );
    }
  }
}

/** Addresses of holders who may be provisioned; whether somebody else has them too is found out by the confirmation. */
function noteHolders(holders: readonly Person[], byEmail: Map<string, readonly Person[]>): void {
  const asked = new Set(byEmail.keys());
  for (const person of holders) {
    if (person.email === "" || asked.has(person.email)) continue;
    byEmail.set(person.email, [...(byEmail.get(person.email) ?? []), person]);
  }
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

/** What would be decided by what has been found so far, without asking anybody again. */
export function planned<Client extends OrganizationReader>(
  drafts: readonly Draft<Client>[],
  found: Found,
): readonly Decision<Client>[] {
  return drafts.map((draft) => {
    const { organization, facts } = draft;
    const state = { ...facts, people: peopleOf(draft, found) };
    return { organization, state, plan: plan(state, organization.rules) };
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
    if (emails.size === 0 && ids.size === 0) return decisions;
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

/** What is remembered of what was read, whatever is done about it. */
export function memoryAfter(decisions: readonly Decision<OrganizationReader>[], before: Memory, now: Date): Memory {
  return new Map(
    decisions.map(({ organization: { rules }, state }) => [
      rules.organization,
      remember(state, before.get(rules.organization) ?? NO_MEMORY, now),
    ]),
  );
}
