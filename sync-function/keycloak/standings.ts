import { mapLimited } from "../concurrency.ts";
import type { Standing } from "../plan/state.ts";
import type { KeycloakUser } from "./answers.ts";
import type { KeycloakClient } from "./client.ts";
import { type Holders, READ_CONCURRENCY } from "./effective-holders.ts";
import { PAGE_SIZE } from "./paging.ts";

/** Up to this many people are looked up one by one without asking first what would be cheaper. */
const FEW = 8;

/**
 * What Keycloak says about each address. Addresses that no holder has are looked up one by one, or found by reading
 * everybody in the realm, whichever takes fewer requests. Where several people may have one address, all addresses are:
 * somebody beside the holder may have it too.
 *
 * @param emails lower case
 */
export async function readStandings(
  client: Pick<KeycloakClient, "allowsSharedEmails" | "countUsers" | "users" | "findUsers">,
  holders: Holders,
  emails: ReadonlySet<string>,
): Promise<Map<string, Standing>> {
  const people = new Map<string, Map<string, KeycloakUser>>();
  const note = (user: KeycloakUser) => {
    const email = user.email?.toLowerCase();
    if (email === undefined || !emails.has(email)) return;
    const namesakes = people.get(email) ?? new Map<string, KeycloakUser>();
    people.set(email, namesakes.set(user.id, user));
  };
  for (const { user } of holders.byId.values()) note(user);
  const shared = await client.allowsSharedEmails();
  const missing = [...emails].filter((email) => shared || !people.has(email));
  if (missing.length <= FEW || missing.length <= (await client.countUsers()) / PAGE_SIZE + 2) {
    const found = await mapLimited(missing, READ_CONCURRENCY, (email) => client.findUsers(email));
    for (const user of found.flat()) note(user);
  } else {
    for await (const page of client.users()) for (const user of page) note(user);
  }
  return new Map(
    [...emails].map((email) => {
      const namesakes = [...(people.get(email)?.values() ?? [])];
      return [email, standingOf(namesakes, (id) => [...(holders.byId.get(id)?.roles ?? []), ...holders.everybody])];
    }),
  );
}

/**
 * Asks again about one person, by what cannot be cut short: the address itself and the person's own effective roles.
 *
 * @param mapped names of the mapped roles; others are of no interest
 */
export async function confirmStanding(
  client: Pick<KeycloakClient, "findUsers" | "listEffectiveRoles">,
  email: string,
  mapped: ReadonlySet<string>,
): Promise<Standing> {
  const found = await client.findUsers(email);
  const [person] = found;
  if (person === undefined || standingOf(found, () => []).kind !== "active") return standingOf(found, () => []);
  const effective = await client.listEffectiveRoles(person.id);
  return standingOf(found, () => effective.map(({ name }) => name).filter((name) => mapped.has(name)));
}

function standingOf(people: readonly KeycloakUser[], rolesOf: (id: string) => readonly string[]): Standing {
  const [person, namesake] = people;
  if (person === undefined) return { kind: "unknown" };
  if (namesake !== undefined) return { kind: "ambiguous" };
  if (person.enabled) return { kind: "active", roles: [...new Set(rolesOf(person.id))].toSorted() };
  return { kind: person.federationLink ? "unavailable" : "disabled" };
}
