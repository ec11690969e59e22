import type { Interest } from "../people/person.ts";
import type { KeycloakClient } from "./client.ts";
import { clientRoleName, isWithin } from "./grants.ts";
import type { Holding, HoldingTable } from "./holding.ts";

/** Reads what one person holds, as the server itself computes it: the authoritative answer. */
export type OwnHoldingReader = (userId: string) => Promise<Holding>;

/** Requests that one answer of an `OwnHoldingReader` takes. */
export function requestsPerPerson(interest: Interest, clients: number): number {
  return 1 + (interest.groups.size > 0 ? 1 : 0) + clients;
}

/**
 * @param clients those that have roles that matter
 */
export function createOwnHoldingReader(
  client: Pick<KeycloakClient, "listEffectiveRoles" | "listEffectiveClientRoles" | "listOwnGroups">,
  interest: Interest,
  clients: readonly { readonly id: string; readonly clientId: string }[],
  table: HoldingTable,
): OwnHoldingReader {
  return async (userId) => {
    const [realmRoles, clientRoles, groups] = await Promise.all([
      client.listEffectiveRoles(userId),
      Promise.all(
        clients.map(async ({ id, clientId }) =>
          (await client.listEffectiveClientRoles(userId, id)).map(({ name }) => clientRoleName(clientId, name)),
        ),
      ),
      interest.groups.size > 0 ? client.listOwnGroups(userId) : [],
    ]);
    return table.of({
      realmRoles: realmRoles.map(({ name }) => name).filter((name) => interest.realmRoles.has(name)),
      clientRoles: clientRoles.flat().filter((name) => interest.clientRoles.has(name)),
      groups: groups.map(({ path }) => path).filter((path) => isWithin(path, interest.groups)),
    });
  };
}
