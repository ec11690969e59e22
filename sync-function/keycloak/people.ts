import { mapLimited } from "../concurrency.ts";
import { AccessError } from "../errors.ts";
import type { Person } from "../people/person.ts";
import type { KeycloakUser } from "./answers.ts";
import type { KeycloakClient } from "./client.ts";
import { READ_CONCURRENCY } from "./grants.ts";
import type { Holding } from "./holding.ts";
import { pagesFor } from "./strategy.ts";

/** Rows of a page at least: at ten thousand people two pages are everybody, and each is in memory for a moment only. */
export const PEOPLE_PAGE = 5_000;
/** Rows of a page at most: some 5 MB. */
const LARGEST_PAGE = 12_500;
/** Pages that everybody should fit into, so that requests do not grow with the people who hold nothing. */
const PAGES = 4;

/** Rows of a page in a realm of so many people. */
export function peoplePage(people: number): number {
  return Math.min(Math.max(PEOPLE_PAGE, Math.ceil(people / PAGES)), LARGEST_PAGE);
}

/** Larger pages are read fewer at a time: what is in memory at once stays the same. */
function pagesAtOnce(pageSize: number): number {
  return Math.min(READ_CONCURRENCY, Math.ceil((READ_CONCURRENCY * PEOPLE_PAGE) / pageSize));
}

/**
 * So many rows of a page weigh as much as a request when looking people up is compared with reading everybody. By time
 * alone it would be some fifty; this prefers few requests in realms of ordinary size, and does not read a million people
 * to find a hundred.
 */
const ROWS_PER_REQUEST = 1_000;

export function personOf(user: KeycloakUser, { realmRoles, clientRoles, groups }: Holding): Person {
  return {
    id: user.id,
    email: user.email?.toLowerCase() ?? "",
    emailVerified: user.emailVerified ?? false,
    enabled: user.enabled,
    federated: Boolean(user.federationLink),
    realmRoles,
    clientRoles,
    groups,
  };
}

/**
 * Everybody of the realm, each at least once.
 *
 * @param realm its people as counted before
 * @throws AccessError `incomplete` when the lists are shorter than the count
 */
export async function readEverybody(
  client: Pick<KeycloakClient, "realm" | "countUsers" | "everybody">,
  { count, federated }: Pick<Search, "count" | "federated">,
  take: (user: KeycloakUser) => void,
  pageSize = PEOPLE_PAGE,
): Promise<void> {
  const seen = new Set<string>();
  const read = async (first: number) => {
    const page = await client.everybody().page(first, pageSize);
    for (const user of page) {
      seen.add(user.id);
      take(user);
    }
    return page.length;
  };
  const starts = Array.from({ length: pagesFor({ people: count, pageSize }) }, (_, index) => index * pageSize);
  if (!federated) await mapLimited(starts, pagesAtOnce(pageSize), read);
  // A server that answers fewer rows than asked for leaves gaps, and people of a user storage need not be counted: the
  // walk from the beginning finds them all.
  if (seen.size < count || federated)
    for (let first = 0, length = 1; length > 0; first += length) length = await read(first);
  // Somebody may have been deleted meanwhile: the lower of the two counts is what must be there.
  if (seen.size >= count || seen.size >= (await client.countUsers())) return;
  throw new AccessError(
    "incomplete",
    `Keycloak: realm "${client.realm}" has ${count} people but lists ${seen.size}; grant the service account view-users of realm-management`,
  );
}

export interface Search {
  /** Lower case. */
  readonly emails: ReadonlySet<string>;
  /** Addresses of people who were found already. */
  readonly known: ReadonlySet<string>;
  /** People of the realm; those of a user storage that does not import them are not counted. */
  readonly count: number;
  /** Whether there is a user storage. */
  readonly federated: boolean;
  /** Rows of a page. */
  readonly pageSize: number;
}

/**
 * The people with these addresses: looked up one by one, or found by reading everybody, whichever costs less.
 * Where several people may have one address, all addresses are sought: somebody beside those known may have it too.
 */
export async function findPeople(
  client: Pick<KeycloakClient, "realm" | "allowsSharedEmails" | "countUsers" | "everybody" | "findUsers">,
  { emails, known, count, federated, pageSize }: Search,
  take: (user: KeycloakUser) => void,
): Promise<void> {
  const unknown = [...emails].filter((email) => !known.has(email));
  if (unknown.length > pagesFor({ people: count, pageSize }) + count / ROWS_PER_REQUEST) {
    return await readEverybody(client, { count, federated }, (user) => isAmong(user, emails) && take(user), pageSize);
  }
  const sought = (await client.allowsSharedEmails()) ? [...emails] : unknown;
  const found = await mapLimited(sought, READ_CONCURRENCY, (email) => client.findUsers(email));
  for (const user of found.flat()) take(user);
}

function isAmong({ email }: KeycloakUser, emails: ReadonlySet<string>): boolean {
  return email != null && emails.has(email.toLowerCase());
}
