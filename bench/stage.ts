import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import type { KeycloakServer } from "#local/keycloak/server.ts";
import type { LangfuseServer } from "#local/langfuse/server.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import type { Progress } from "#local/progress.ts";
import { mapLimited } from "#sync/concurrency.ts";
import { createKeycloakClient, type KeycloakClient } from "#sync/keycloak/client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { emailAt, generateRealm, READER, type RealmShape } from "./sync/realm-generator.ts";
import { readTruth, type Truth } from "./sync/truth.ts";

/** Which role of Langfuse the mapped roles give; those without any keep the last. */
export const MAPPING = {
  "langfuse-admin": "ADMIN",
  "langfuse-member": "MEMBER",
  "langfuse-viewer": "VIEWER",
  default: "NONE",
} as const satisfies Record<string, Role>;

/** A generated realm on a real server, with what the server itself says about everybody in it. */
export interface RealmStage {
  readonly shape: RealmShape;
  readonly url: string;
  readonly client: KeycloakClient;
  readonly truth: ReadonlyMap<string, Truth>;
  /** Lower-case addresses of everybody. */
  readonly emails: ReadonlySet<string>;
}

export async function stageRealm(
  keycloak: KeycloakServer,
  admin: KeycloakAdmin,
  shape: RealmShape,
  progress: Progress,
): Promise<RealmStage> {
  const people = shape.people.toLocaleString("en");
  await progress.step(`realm "${shape.realm}" with ${people} people`, () => createRealm(admin, generateRealm(shape)));
  const client = keycloakClient(keycloak.url, shape.realm);
  const truth = await progress.step(`effective roles of all ${people}, one by one`, () => readTruth(client));
  const emails = new Set(Array.from({ length: shape.people }, (_, index) => emailAt(index)));
  return { shape, url: keycloak.url, client, truth, emails };
}

export function keycloakClient(url: string, realm: string): KeycloakClient {
  return createKeycloakClient({ url, realm, clientId: READER.clientId, clientSecret: READER.secret });
}

/** A Langfuse whose organization has everybody of a realm as a member, each with the role they should have. */
export interface OrganizationStage {
  readonly server: LangfuseServer;
  readonly client: LangfuseClient;
  /** What a run of the sync is configured by. */
  readonly environment: Readonly<Record<string, string>>;
}

export async function stageOrganization(realm: RealmStage, progress: Progress): Promise<OrganizationStage> {
  const server = await startLangfuse();
  const { url, orgId, orgPublicKey: publicKey, orgSecretKey: secretKey } = server.target;
  const client = createLangfuseClient({ url, publicKey, secretKey });
  const people = [...realm.truth.values()].filter(({ email }) => email !== "");
  await progress.step(`${people.length.toLocaleString("en")} members in Langfuse`, () =>
    mapLimited(people, 8, (person) => client.createScimUser({ userName: person.email, role: roleOf(person) })),
  );
  const environment = {
    KEYCLOAK_URL: realm.url,
    KEYCLOAK_REALM: realm.shape.realm,
    KEYCLOAK_CLIENT_ID: READER.clientId,
    KEYCLOAK_CLIENT_SECRET: READER.secret,
    LANGFUSE_URL: url,
    LANGFUSE_ORG_ID: orgId,
    LANGFUSE_PUBLIC_KEY: publicKey,
    LANGFUSE_SECRET_KEY: secretKey,
    ROLE_MAPPING: JSON.stringify(MAPPING),
    LOG_LEVEL: "silent",
  };
  return { server, client, environment };
}

export function roleOf({ enabled, roles }: Truth): Role {
  const [mightiest] = roles;
  return enabled && mightiest !== undefined ? MAPPING[mightiest as keyof typeof MAPPING] : MAPPING.default;
}
