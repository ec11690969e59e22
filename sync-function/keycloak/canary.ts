import { AccessError } from "../errors.ts";
import type { KeycloakRole } from "./answers.ts";
import type { KeycloakClient } from "./client.ts";

/**
 * Proves that the sync may see what it decides by, and returns all realm roles, which the proof reads anyway.
 *
 * A caller with too few rights gets **200 with a shorter list** from many endpoints of Keycloak, which reads like
 * "nobody holds this role". Two facts cannot be short by accident: `GET /roles` is refused without `view-realm`, and the
 * service account's own user, readable only with `view-users`, holds the realm's default role since it was made.
 *
 * @throws AccessError `unauthorised` when a right is missing, `incomplete` when the answers cannot be trusted
 */
export async function provePermissions(
  client: Pick<KeycloakClient, "realm" | "ownUserId" | "listRoles" | "listEffectiveRoles">,
): Promise<readonly KeycloakRole[]> {
  const [roles, own] = await Promise.all([client.listRoles(), client.ownUserId().then(client.listEffectiveRoles)]);
  const defaultRole = defaultRoleName(client.realm);
  for (const [title, list] of [
    ["the roles of the sync's own service account", own],
    ["the roles of the realm", roles],
  ] as const) {
    if (list.some(({ name }) => name === defaultRole)) continue;
    throw new AccessError(
      "incomplete",
      `Keycloak: ${title} lack "${defaultRole}", so answers about roles are cut short; ` +
        `grant the service account view-users and view-realm of realm-management, and give it the role "${defaultRole}" back if it was taken away`,
    );
  }
  return roles;
}

/** Composite role that Keycloak makes for every realm and gives to every new user. */
export function defaultRoleName(realm: string): string {
  return `default-roles-${realm.toLowerCase()}`;
}
