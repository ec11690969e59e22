import type { Interest } from "../people/person.ts";
import { defaultRoleName } from "./canary.ts";
import type { KeycloakClient } from "./client.ts";
import { clientRoleName, isWithin } from "./grants.ts";
import type { Holding, HoldingTable } from "./holding.ts";
import type { HoldingProof } from "./holding-proof.ts";

export interface ReadingOptions {
  /** Whether the answer is compared with what it follows from: it takes requests, and is for those who would lose. */
  readonly proven?: boolean;
}

/** Reads what one person holds, as the server itself computes it: the authoritative answer. */
export type OwnHoldingReader = (userId: string, options?: ReadingOptions) => Promise<Holding>;

/** Requests that one answer of an `OwnHoldingReader` takes. */
export function requestsPerPerson(interest: Interest, clients: number): number {
  return 1 + (interest.groups.size > 0 ? 1 : 0) + clients;
}

/**
 * @param clients those that have roles that matter
 */
export function createOwnHoldingReader(
  client: Pick<KeycloakClient, "realm" | "listEffectiveRoles" | "listEffectiveClientRoles" | "listOwnGroups">,
  interest: Interest,
  clients: readonly { readonly id: string; readonly clientId: string }[],
  { table, proof }: { readonly table: HoldingTable; readonly proof: HoldingProof },
): OwnHoldingReader {
  const defaultRole = defaultRoleName(client.realm);
  return async (userId, { proven = false } = {}) => {
    const [realmRoles, clientRoles, groups] = await Promise.all([
      client.listEffectiveRoles(userId),
      Promise.all(
        clients.map(async ({ id, clientId }) => [clientId, await client.listEffectiveClientRoles(userId, id)] as const),
      ),
      interest.groups.size > 0 ? client.listOwnGroups(userId) : undefined,
    ]);
    const answer = { userId, realmRoles, clientRoles: new Map(clientRoles), groups };
    if (!realmRoles.some(({ name }) => name === defaultRole)) await proof.ofLessThanDefault(answer);
    if (proven) await proof.ofLoss(answer);
    return table.of({
      realmRoles: realmRoles.map(({ name }) => name).filter((name) => interest.realmRoles.has(name)),
      clientRoles: clientRoles
        .flatMap(([clientId, roles]) => roles.map(({ name }) => clientRoleName(clientId, name)))
        .filter((name) => interest.clientRoles.has(name)),
      groups: (groups ?? []).map(({ path }) => path).filter((path) => isWithin(path, interest.groups)),
    });
  };
}
