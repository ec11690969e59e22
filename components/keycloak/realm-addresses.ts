import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { pathSegment } from "#sync/http/path.ts";
import type { KeycloakAdminApi } from "./admin-api.ts";

const PAGE = 1000;

const users = z.array(z.object({ id: z.string(), username: z.string().optional(), email: z.string().optional() }));

/**
 * The addresses of everybody in a realm, in lower case, also those that are user names: after a change of address one of
 * both is often the former one. Without the right to see people Keycloak answers an empty list
 * and still the right count, so that a list shorter than the count is no list.
 *
 * @throws AccessError `incomplete` when the list is shorter than the count, or the realm has nobody
 */
export async function realmAddresses(api: KeycloakAdminApi, realm: string): Promise<ReadonlySet<string>> {
  const path = `/${pathSegment(realm)}/users`;
  const count = await api.send({ method: "GET", path: `${path}/count` }, z.number());
  const ids = new Set<string>();
  const addresses = new Set<string>();
  for (let first = 0; ; first += PAGE) {
    const query = { first, max: PAGE, briefRepresentation: true };
    const page = await api.send({ method: "GET", path, query }, users);
    for (const { id, username, email } of page) {
      ids.add(id);
      for (const address of [email, username]) if (address?.includes("@")) addresses.add(address.toLowerCase());
    }
    if (page.length < PAGE) break;
  }
  if (ids.size < count || addresses.size === 0) {
    throw new AccessError(
      "incomplete",
      `Keycloak: the list of people in realm "${realm}" has ${ids.size} of ${count}, ${addresses.size} with an address, so nobody can be told to be missing there; does the account of keycloak.admin have view-users?`,
    );
  }
  return addresses;
}
