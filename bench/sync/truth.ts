import { mapLimited } from "#sync/concurrency.ts";
import type { KeycloakClient } from "#sync/keycloak/client.ts";
import { readEverybody } from "#sync/keycloak/people.ts";
import { MAPPED_ROLES } from "./realm-generator.ts";

/** Somebody of the realm with the mapped roles that the server itself says are effective for them. */
export interface Truth {
  readonly email: string;
  readonly enabled: boolean;
  readonly roles: readonly string[];
}

/** Asks the server about every single person, those who are disabled too. */
export async function readTruth(client: KeycloakClient): Promise<ReadonlyMap<string, Truth>> {
  const people = new Map<string, { email: string; enabled: boolean }>();
  await readEverybody(client, { count: await client.countUsers(), federated: false }, ({ id, email, enabled }) =>
    people.set(id, { email: email?.toLowerCase() ?? "", enabled }),
  );
  const truth = await mapLimited([...people], 8, async ([id, person]) => {
    const effective = new Set((await client.listEffectiveRoles(id)).map(({ name }) => name));
    return [id, { ...person, roles: MAPPED_ROLES.filter((name) => effective.has(name)) }] as const;
  });
  return new Map(truth);
}

/** How many people of the realm are believed to hold other mapped roles than they do. */
export function wrongRoles(
  truth: ReadonlyMap<string, Truth>,
  believed: ReadonlyMap<string, readonly string[]>,
): number {
  let wrong = 0;
  for (const [id, { roles }] of truth) {
    const found = new Set(believed.get(id) ?? []);
    if (found.size !== roles.length || roles.some((name) => !found.has(name))) wrong += 1;
  }
  return wrong;
}
