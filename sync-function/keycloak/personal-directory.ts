import { mapLimited } from "../concurrency.ts";
import type { Directory, Interest, Person } from "../people/person.ts";
import type { KeycloakApplication, KeycloakUser } from "./answers.ts";
import { provePermissions } from "./canary.ts";
import type { KeycloakClient } from "./client.ts";
import type { DirectoryOptions } from "./directory.ts";
import { clientsOf, readClientRoles, requireExistence } from "./grants.ts";
import { createHoldingTable } from "./holding.ts";
import { createHoldingProof } from "./holding-proof.ts";
import { createOwnHoldingReader, type OwnHoldingReader } from "./own-holding.ts";
import { personOf } from "./people.ts";
import { requireClientRoles } from "./read-plan.ts";

export interface PersonalDirectoryOptions extends Pick<DirectoryOptions, "clientRoles"> {
  /** Milliseconds of a clock that is never set back. */
  readonly now: () => number;
}

/**
 * How long a proof of the sync's rights holds for answers that take nothing from anybody, in milliseconds. Who would lose
 * something waits for a new one.
 */
const PROOF_LIFE = 60_000;

const PEOPLE_AT_ONCE = 8;

/**
 * A realm of which single people are read, in a process that stays. Each call begins the reading of one run, which asks
 * about everybody once: it costs two requests for an address and two for an id, one more where rules ask for groups, and one
 * for each client whose roles they ask for. Once a minute, and for whoever would lose something, the sync's rights are
 * proven anew with two requests, and some more where rules ask for groups or client roles.
 */
export function createPersonalDirectories(client: KeycloakClient, options: PersonalDirectoryOptions): () => Directory {
  let proven: { readonly at: number; readonly clients: Promise<readonly KeycloakApplication[]> } | undefined;
  const prove = async (interest: Interest, age: number) => {
    if (proven === undefined || options.now() - proven.at > age) {
      const own = { at: options.now(), clients: proveRealm(client, interest, options) };
      proven = own;
      own.clients.catch(() => {
        if (proven === own) proven = undefined;
      });
    }
    return await proven.clients;
  };

  return () => {
    const table = createHoldingTable();
    const proof = createHoldingProof(client);
    const begunAt = options.now();
    const users = new Map<string, Promise<readonly KeycloakUser[]>>();
    const people = new Map<string, Promise<Person>>();
    let reader: Promise<OwnHoldingReader> | undefined;
    const readHolding = async (interest: Interest): Promise<OwnHoldingReader> =>
      createOwnHoldingReader(client, interest, await prove(interest, PROOF_LIFE), { table, proof });
    const own = async (interest: Interest, user: KeycloakUser, losing: boolean): Promise<Person> => {
      reader ??= readHolding(interest);
      const [holding] = await Promise.all([
        user.enabled ? reader.then((read) => read(user.id, { proven: losing })) : table.none,
        // What is proven for a loss was asked after this run began, and that what the rules name exists as well.
        losing && prove(interest, options.now() - begunAt),
      ]);
      return personOf(user, holding);
    };
    const once = (interest: Interest, user: KeycloakUser, losing = false) => {
      if (losing) return own(interest, user, true);
      const known = people.get(user.id) ?? own(interest, user, false);
      people.set(user.id, known);
      return known;
    };
    const found = (key: string, find: () => Promise<readonly KeycloakUser[]>) => {
      const known = users.get(key) ?? find();
      users.set(key, known);
      return known;
    };
    const confirm: Directory["confirm"] = async (interest, email, { losing } = {}) => {
      const named = losing ? await client.findUsers(email) : await found(`@${email}`, () => client.findUsers(email));
      return await Promise.all(named.map((user) => once(interest, user, losing)));
    };
    return {
      read: async (interest, addresses) => {
        const [{ emails }] = await Promise.all([addresses, prove(interest, PROOF_LIFE)]);
        const answers = await mapLimited(
          [...emails],
          PEOPLE_AT_ONCE,
          async (email) => [email, await confirm(interest, email)] as const,
        );
        return { byEmail: new Map(answers), holders: [], unread: new Set(), holder: () => undefined };
      },
      confirm,
      find: async (interest, id, { losing } = {}) => {
        const byId = async () => [await client.getUser(id)].filter((user) => user !== undefined);
        const [user] = losing ? await byId() : await found(id, byId);
        return user && (await once(interest, user, losing));
      },
    };
  };
}

/** @returns the clients whose roles the rules ask for */
async function proveRealm(
  client: KeycloakClient,
  interest: Interest,
  options: PersonalDirectoryOptions,
): Promise<readonly KeycloakApplication[]> {
  requireClientRoles(interest, options);
  const [realmRoles, all, groups] = await Promise.all([
    provePermissions(client),
    interest.clientRoles.size > 0 ? client.listClients() : [],
    interest.groups.size > 0 ? client.listGroups() : [],
  ]);
  const clients = clientsOf(interest, all);
  const clientRoles = await readClientRoles({
    listClients: async () => clients,
    listClientRoles: client.listClientRoles,
  });
  requireExistence(client.realm, interest, { roles: [...realmRoles, ...clientRoles], groups });
  return clients;
}
