import type { RealmRepresentation, UserRepresentation } from "#local/keycloak/representations.ts";

type Client = NonNullable<RealmRepresentation["clients"]>[number];

/** The client that the sync signs in as. */
export const CLIENT = { clientId: "langfuse-sync", secret: "client-secret-value" };

/** Somebody of a realm that is imported. */
export function realmPerson(
  realm: string,
  username: string,
  email: string,
  more: Partial<UserRepresentation> = {},
): UserRepresentation {
  const realmRoles = [`default-roles-${realm.toLowerCase()}`];
  return { username, email, emailVerified: true, enabled: true, realmRoles, ...more };
}

/** A client with a service account, and nothing else. */
export function syncClient(clientId = CLIENT.clientId): Client {
  return {
    ...CLIENT,
    clientId,
    publicClient: false,
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    fullScopeAllowed: true,
  } as Client;
}

/** The user behind it, with these roles of `realm-management`. */
export function serviceAccount(
  realm: string,
  rights: readonly string[],
  clientId = CLIENT.clientId,
): UserRepresentation {
  return {
    username: `service-account-${clientId}`,
    enabled: true,
    serviceAccountClientId: clientId,
    realmRoles: [`default-roles-${realm.toLowerCase()}`],
    clientRoles: { "realm-management": rights },
  } as UserRepresentation;
}

/** What a run of the sync is told of such a realm, and of the organization that follows it. */
export function syncEnvironment(
  realm: { readonly url: string; readonly name: string },
  organization: {
    readonly url: string;
    readonly id: string;
    readonly publicKey: string;
    readonly secretKey: string;
  },
): Record<string, string> {
  return {
    KEYCLOAK_URL: realm.url,
    KEYCLOAK_REALM: realm.name,
    KEYCLOAK_CLIENT_ID: CLIENT.clientId,
    KEYCLOAK_CLIENT_SECRET: CLIENT.secret,
    LANGFUSE_URL: organization.url,
    LANGFUSE_ORG_ID: organization.id,
    LANGFUSE_PUBLIC_KEY: organization.publicKey,
    LANGFUSE_SECRET_KEY: organization.secretKey,
    LOG_LEVEL: "silent",
  };
}
