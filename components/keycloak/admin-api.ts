import { type AdminApi, type AdminSignIn, createAdminApi } from "#sync/gate/admin-api.ts";

/** The few calls that no stock resource makes safely. Every method throws `AccessError` with the answer's status. */
export type KeycloakAdminApi = AdminApi;

export function createKeycloakAdminApi(signIn: AdminSignIn, now: () => number = Date.now): KeycloakAdminApi {
  return createAdminApi(signIn, advise, { now });
}

function advise(status: number): string | undefined {
  if (status === 401 || status === 400) return "check keycloak.admin and the secret keycloakAdminSecret";
  if (status === 403) {
    return "the account of keycloak.admin needs manage-realm, manage-clients and manage-identity-providers in this realm";
  }
  return undefined;
}
