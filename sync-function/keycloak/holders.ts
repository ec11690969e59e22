import { unheard } from "../concurrency.ts";
import type { Person } from "../people/person.ts";
import type { KeycloakUser } from "./answers.ts";
import { defaultRoleName } from "./canary.ts";
import { type KeycloakClient, SERVICE_ACCOUNT_PREFIX } from "./client.ts";
import { type Grants, READ_CONCURRENCY } from "./grants.ts";
import type { Holding, HoldingTable } from "./holding.ts";
import { type PagedList, readLists } from "./lists.ts";
import { personOf } from "./people.ts";

export interface Holder {
  readonly person: Person;
  readonly holding: Holding;
  /** Whether they hold something by more than the realm's default role, which nearly everybody has. */
  readonly byMore: boolean;
}

export interface HolderOptions {
  /** Rows of a page. */
  readonly pageSize: number;
  /** Lists that are on their way, by the id of the role. */
  readonly begun: ReadonlyMap<string, PagedList<KeycloakUser>>;
}

export interface Holders {
  /** By id; somebody may be added until `proven` is resolved. */
  readonly holders: ReadonlyMap<string, Holder>;
  /** Resolved when the lists are known to have ended; nothing may be decided before. */
  readonly proven: Promise<void>;
}

/**
 * Everybody who holds something that matters: one list for each role and each group that gives it. Only direct
 * holders and members are listed by Keycloak, so `grants` must name every role and group on the way.
 */
export async function readHolders(
  client: Pick<KeycloakClient, "realm" | "directHolders" | "directMembers" | "isServiceAccount">,
  grants: Grants,
  table: HoldingTable,
  { pageSize, begun }: HolderOptions,
): Promise<Holders> {
  const defaultRole = defaultRoleName(client.realm);
  const lists: (PagedList<KeycloakUser> & { readonly holding: Holding; readonly byMore: boolean })[] = [
    ...grants.roles.map(({ role, holding }) => ({
      ...(begun.get(role.id) ?? client.directHolders(role)),
      holding,
      byMore: role.client !== undefined || role.name !== defaultRole,
    })),
    ...grants.groups.map(({ group, holding }) => ({ ...client.directMembers(group), holding, byMore: true })),
  ];
  const holders = new Map<string, Holder>();
  const named = new Map<string, KeycloakUser>();
  const { proven } = await readLists(
    lists,
    (user, { holding, byMore }) => {
      if (user.username?.startsWith(SERVICE_ACCOUNT_PREFIX)) named.set(user.id, user);
      const known = holders.get(user.id);
      const union = table.union(known?.holding ?? table.none, holding);
      holders.set(user.id, {
        person: personOf(user, union),
        holding: union,
        byMore: byMore || known?.byMore === true,
      });
    },
    { size: pageSize, concurrency: READ_CONCURRENCY },
  );
  /** They never get access, and are few: none but those that hold something that matters. */
  const dropServiceAccounts = async () => {
    for (const [id, user] of named) {
      named.delete(id);
      if (await client.isServiceAccount(user)) holders.delete(id);
    }
  };
  await dropServiceAccounts();
  return { holders, proven: unheard(proven.then(dropServiceAccounts)) };
}
