import type { KeycloakAdmin } from "./admin.ts";
import type { RealmRepresentation } from "./representations.ts";
import { normalise } from "./snapshot.ts";

/** Imports a realm with everything in it. The administrator's token is renewed, so that it opens the new realm too. */
export async function createRealm(
  admin: Pick<KeycloakAdmin, "post" | "renew">,
  representation: RealmRepresentation,
): Promise<void> {
  await admin.post("/realms", representation);
  await admin.renew();
}

export async function deleteRealm(admin: Pick<KeycloakAdmin, "delete">, realm: string): Promise<void> {
  await admin.delete(`/realms/${encodeURIComponent(realm)}`);
}

/**
 * The realm's settings, clients, client scopes, groups, roles, identity providers, authentication flows with their
 * configuration, and service accounts with their roles, in a form that is deeply equal for two realms that behave the
 * same: without generated ids and secrets, references by name, everything sorted. People are not in it.
 */
export async function exportRealm(admin: Pick<KeycloakAdmin, "post">, realm: string): Promise<unknown> {
  const path = `/realms/${encodeURIComponent(realm)}/partial-export?exportClients=true&exportGroupsAndRoles=true`;
  return normalise(await admin.post(path));
}
