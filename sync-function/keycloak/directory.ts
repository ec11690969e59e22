import { mapLimited } from "../concurrency.ts";
import { AccessError } from "../errors.ts";
import type { Directory, DirectoryAnswer, Interest, Person } from "../people/person.ts";
import type { KeycloakUser } from "./answers.ts";
import type { KeycloakClient } from "./client.ts";
import { clientsOf } from "./grants.ts";
import { readHolders } from "./holders.ts";
import { createHoldingTable, type Holding, type HoldingTable } from "./holding.ts";
import { createHoldingProof } from "./holding-proof.ts";
import { createOwnHoldingReader, type OwnHoldingReader } from "./own-holding.ts";
import { findPeople, personOf, readEverybody, type Search } from "./people.ts";
import { type HolderLists, planRead, readRealm } from "./read-plan.ts";
import type { Choice, Strategy } from "./strategy.ts";

export interface DirectoryOptions {
  /** Whether client roles are read: what they contain, and who holds them. Needs `view-clients`. Default false. */
  readonly clientRoles?: boolean;
  /** Whether everybody who holds something is wanted, not only those who were asked about. Default false. */
  readonly allHolders?: boolean;
  /** Rows of a page instead of those that suit the realm; for tests. */
  readonly pageSize?: number;
  /** Instead of the cheaper one; for tests and comparisons. */
  readonly strategy?: Strategy;
  /** Told which strategy a read takes, and why. */
  readonly onChoice?: (choice: Choice) => void;
}

const NOBODY: ReadonlySet<string> = new Set();

/** One person takes three round trips to a server that has better things to do; more at once gain nothing. */
const PEOPLE_AT_ONCE = 8;

/**
 * A realm as the plan sees it. A read takes the cheaper of the strategies that are exact for the realm; what it finds
 * can be confirmed person by person.
 */
export function createDirectory(client: KeycloakClient, options: DirectoryOptions = {}): Directory {
  const { allHolders = false } = options;
  const table = createHoldingTable();
  const proof = createHoldingProof(client);
  /** Whom a read found by each of the asked addresses. */
  const found = new Map<string, readonly Person[]>();
  /** Whether what a person holds came from lists, which tell the same as their own roles in another way. */
  let isListed: (person: Person) => boolean = () => false;
  let applications: Promise<readonly { id: string; clientId: string }[]> | undefined;

  const ownHolding = async (interest: Interest): Promise<OwnHoldingReader> => {
    if (interest.clientRoles.size > 0) applications ??= client.listClients();
    return createOwnHoldingReader(client, interest, clientsOf(interest, (await applications) ?? []), { table, proof });
  };
  const own = async (user: KeycloakUser, read: OwnHoldingReader, proven = false): Promise<Person> =>
    personOf(user, user.enabled ? await read(user.id, { proven }) : table.none);

  const readByPerson = async (
    interest: Interest,
    emails: ReadonlySet<string>,
    realm: Pick<Search, "count" | "federated" | "pageSize">,
  ): Promise<Person[]> => {
    const users = new Map<string, KeycloakUser>();
    const take = (user: KeycloakUser) => users.set(user.id, user);
    if (allHolders) await readEverybody(client, realm, take, realm.pageSize);
    else await findPeople(client, { emails, known: new Set(), ...realm }, take);
    const read = await ownHolding(interest);
    return await mapLimited([...users.values()], PEOPLE_AT_ONCE, (user) => own(user, read));
  };

  return {
    async read(interest, addresses) {
      const [realm, asked] = await Promise.all([readRealm(client, interest, options), addresses]);
      const { resting = NOBODY } = asked;
      const emails = asked.emails.union(resting);
      const counts = { asked: emails.size, resting: resting.size };
      const plan = await planRead(client, realm, interest, { ...options, ...counts, table });
      const { choice, lists, pageSize } = plan;
      options.onChoice?.(choice);
      const { federated, people: count } = realm;
      const isHybrid = choice.strategy === "hybrid";
      // People of a user storage hold what no list shows.
      const ifHolding = isHybrid ? NOBODY : resting;
      const isAsked = ({ enabled, federated: isForeign }: Person) => isHybrid && enabled && isForeign;
      const read =
        lists === undefined
          ? answerOf(await readByPerson(interest, emails, { count, federated, pageSize }), emails)
          : await readByLists(client, lists, { emails, ifHolding, count, federated, pageSize }, table);
      const answer = isHybrid
        ? { ...read, byEmail: await askedAbout(read.byEmail, isAsked, await ownHolding(interest)) }
        : read;
      isListed = (person) => lists !== undefined && !isAsked(person);
      found.clear();
      for (const [email, people] of answer.byEmail) found.set(email, people);
      return answer;
    },
    async confirm(interest, email, { losing = false } = {}) {
      const reader = await ownHolding(interest);
      const known = found.get(email) ?? [];
      const ownOf = (person: Person) => reader(person.id, { proven: losing && !isListed(person) });
      // An address that somebody was found by needs no second search, if the person is still there.
      const again = await Promise.all(known.map((person) => (person.enabled ? confirmed(person, ownOf) : undefined)));
      if (known.length > 0 && again.every((person) => person !== undefined)) return again;
      const users = await client.findUsers(email);
      return await Promise.all(users.map((user) => own(user, reader, losing)));
    },
    async find(interest, id, { losing = false } = {}) {
      const user = await client.getUser(id);
      return user ? await own(user, await ownHolding(interest), losing) : undefined;
    },
  };
}

/** @param ifHolding those of the addresses for which nobody is looked up unless a holder has them */
async function readByLists(
  client: KeycloakClient,
  { grants, begun: onTheirWay }: HolderLists,
  { emails, ifHolding, ...search }: Omit<Search, "known"> & { readonly ifHolding: ReadonlySet<string> },
  table: HoldingTable,
): Promise<DirectoryAnswer> {
  const { pageSize } = search;
  const { holders, proven } = await readHolders(client, grants, table, { pageSize, begun: onTheirWay });
  const known = new Set([...holders.values()].map(({ person }) => person.email));
  const unread = new Set([...ifHolding].filter((email) => !known.has(email)));
  const sought = new Set([...emails].filter((email) => !unread.has(email)));
  const people = new Map<string, Person>();
  const take = (user: KeycloakUser) => {
    if (!holders.has(user.id)) people.set(user.id, personOf(user, table.none));
  };
  await Promise.all([proven, findPeople(client, { ...search, emails: sought, known }, take)]);
  for (const [id, { person }] of holders) people.set(id, person);
  const { byEmail } = answerOf(people.values(), emails);
  const held = [...holders.values()].filter(({ byMore }) => byMore).map(({ person }) => person);
  return { byEmail, holders: held.toSorted(byId), unread, holder: (id) => holders.get(id)?.person };
}

/** The same people, with the server's own answer in the place of what lists say of some of them. */
async function askedAbout(
  byEmail: DirectoryAnswer["byEmail"],
  isAsked: (person: Person) => boolean,
  read: OwnHoldingReader,
): Promise<DirectoryAnswer["byEmail"]> {
  const people = [...byEmail.values()].flat().filter(isAsked);
  const holdings = await mapLimited(people, PEOPLE_AT_ONCE, async ({ id }) => [id, await read(id)] as const);
  const own = new Map(holdings);
  return new Map([...byEmail].map(([email, same]) => [email, same.map((one) => ({ ...one, ...own.get(one.id) }))]));
}

function answerOf(people: Iterable<Person>, emails: ReadonlySet<string>): DirectoryAnswer {
  const byEmail = new Map<string, Person[]>();
  const holders = new Map<string, Person>();
  for (const person of people) {
    const { id, email, realmRoles, clientRoles, groups } = person;
    if (realmRoles.length + clientRoles.length + groups.length > 0) holders.set(id, person);
    if (!emails.has(email)) continue;
    const namesakes = byEmail.get(email);
    if (namesakes === undefined) byEmail.set(email, [person]);
    else namesakes.push(person);
  }
  const sorted = [...holders.values()].toSorted(byId);
  return { byEmail, holders: sorted, unread: NOBODY, holder: (id) => holders.get(id) };
}

/**
 * The same person with what they hold now; undefined when there is no such user any more.
 *
 * @throws AccessError `incomplete` when it is less than the read found a moment ago: somebody has just taken it away, or
 * one of the two answers was cut short
 */
async function confirmed(person: Person, ownOf: (person: Person) => Promise<Holding>): Promise<Person | undefined> {
  let holding: Holding;
  try {
    holding = await ownOf(person);
  } catch (error) {
    if (error instanceof AccessError && error.status === 404) return undefined;
    throw error;
  }
  const lost = (["realmRoles", "clientRoles", "groups"] as const).flatMap((kind) =>
    person[kind].filter((name) => !holding[kind].includes(name)),
  );
  if (lost.length === 0) return { ...person, ...holding };
  throw new AccessError(
    "incomplete",
    `Keycloak: ${person.email} holds "${lost[0]}" by one answer and not by another; run again, as somebody may have just taken it away`,
  );
}

function byId(left: Person, right: Person): number {
  return left.id < right.id ? -1 : 1;
}
