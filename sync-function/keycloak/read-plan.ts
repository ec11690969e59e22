import { AccessError } from "../errors.ts";
import type { Interest } from "../people/person.ts";
import { provePermissions } from "./canary.ts";
import type { KeycloakClient } from "./client.ts";
import type { DirectoryOptions } from "./directory.ts";
import {
  type AnyRole,
  type Grants,
  grantsOf,
  matters,
  READ_CONCURRENCY,
  readClientRoles,
  readRoleGraph,
  requireExistence,
} from "./grants.ts";
import type { HolderOptions } from "./holders.ts";
import type { HoldingTable } from "./holding.ts";
import { begun } from "./lists.ts";
import { requestsPerPerson } from "./own-holding.ts";
import { peoplePage } from "./people.ts";
import { type Choice, chooseStrategy, type RealmFacts } from "./strategy.ts";

/** What is known of a realm whoever is asked about. */
export interface RealmOutline {
  /** Realm roles, and those of clients where they are read. */
  readonly roles: readonly AnyRole[];
  /** Whether there is a user storage. */
  readonly federated: boolean;
  /** Number of people. */
  readonly people: number;
}

export interface ReadPlan {
  /** Rows of a page of people. */
  readonly pageSize: number;
  readonly choice: Choice;
  /** Undefined for the strategy that needs none. */
  readonly lists: HolderLists | undefined;
}

/** What is listed to find everybody who holds something that matters. */
export interface HolderLists extends Pick<HolderOptions, "begun"> {
  readonly grants: Grants;
}

/** @throws AccessError also when the sync may not see what it decides by */
export async function readRealm(
  client: KeycloakClient,
  interest: Interest,
  options: Pick<DirectoryOptions, "clientRoles">,
): Promise<RealmOutline> {
  requireClientRoles(interest, options);
  const [realmRoles, federated, people, clientRoles] = await Promise.all([
    provePermissions(client),
    client.hasUserStorage(),
    client.countUsers(),
    options.clientRoles ? readClientRoles(client) : [],
  ]);
  return { roles: [...realmRoles, ...clientRoles], federated, people };
}

/** @throws AccessError `usage` when a rule asks for what is not read */
export function requireClientRoles(interest: Interest, { clientRoles }: Pick<DirectoryOptions, "clientRoles">): void {
  if (interest.clientRoles.size === 0 || clientRoles) return;
  throw new AccessError(
    "usage",
    "a rule asks for a client role, but client roles are not read; set KEYCLOAK_CLIENT_ROLES to true and grant the service account view-clients of realm-management",
  );
}

/**
 * Chooses in two steps: reading the graph is the larger part of what the lists cost in a small realm. Whatever the graph
 * will be, holders of the roles that matter themselves are listed, so that these lists do not wait for it.
 *
 * @param options how many people are asked about, and who knows the holdings
 */
export async function planRead(
  client: KeycloakClient,
  { roles, federated, people }: RealmOutline,
  interest: Interest,
  options: DirectoryOptions & Pick<RealmFacts, "asked" | "resting"> & { readonly table: HoldingTable },
): Promise<ReadPlan> {
  const { pageSize = peoplePage(people) } = options;
  const facts: RealmFacts = {
    federated,
    people,
    allHolders: options.allHolders ?? false,
    asked: options.allHolders ? people : Math.min(options.asked, people),
    resting: options.resting,
    requestsPerPerson: requestsPerPerson(interest, clientsIn(interest)),
    pageSize,
  };
  const wanted = interest.realmRoles.size + interest.clientRoles.size;
  const composites = roles.filter(({ composite }) => composite).length;
  const first = chooseStrategy(facts, { composites, roles: wanted, groups: 0, groupLists: 2 });
  if ((options.strategy ?? first.strategy) === "per-member") {
    const groups = interest.groups.size > 0 ? await client.listGroups() : [];
    requireExistence(client.realm, interest, { roles, groups });
    return { pageSize, choice: { ...first, strategy: "per-member" }, lists: undefined };
  }
  const own = roles.filter((role) => matters(role, interest)).slice(0, READ_CONCURRENCY);
  const early = new Map(own.map((role) => [role.id, begun(client.directHolders(role), pageSize)]));
  const [graph, groups] = await Promise.all([readRoleGraph(client, roles), client.listGroups()]);
  requireExistence(client.realm, interest, { roles, groups });
  const grants = grantsOf(graph, groups, interest, options.table);
  const choice = chooseStrategy(facts, {
    composites: 0,
    roles: grants.roles.length,
    groups: grants.groups.length,
    groupLists: 0,
  });
  const strategy = options.strategy ?? choice.strategy;
  return {
    pageSize,
    choice: { ...choice, strategy },
    lists: strategy === "per-member" ? undefined : { grants, begun: early },
  };
}

function clientsIn({ clientRoles }: Interest): number {
  return new Set([...clientRoles].map((name) => name.split("/")[0])).size;
}
