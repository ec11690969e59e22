import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import { namedTarget } from "#local/bed/langfuse-target.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import type { RealmRepresentation, UserRepresentation } from "#local/keycloak/representations.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { type LangfuseServer, startLangfuse } from "#local/langfuse/server.ts";
import { readConfiguration } from "#sync/configuration.ts";
import { type Decision, decide, memoryAfter } from "#sync/decision.ts";
import { type Execution, execute } from "#sync/execution.ts";
import { createKeycloakClient } from "#sync/keycloak/client.ts";
import { createDirectory } from "#sync/keycloak/directory.ts";
import { createLangfuseAdminClient, type LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import type { Memory } from "#sync/people/memory.ts";
import { NO_SAFEGUARDS } from "#sync/safeguards.ts";
import { type BorrowedKeycloak, borrowKeycloak } from "#test/keycloak.ts";
import { CLIENT, realmPerson, serviceAccount, syncClient } from "./imported-realm.ts";

/** Users of Langfuse are for ever: every run has addresses of its own. */
export const RUN = `r${randomUUID().slice(0, 8)}`;
export const REALM = `access-${RUN}`;
export const address = (name: string) => `${name}@${RUN}.example.com`;

const person = (name: string, more: Partial<UserRepresentation> = {}) => realmPerson(REALM, name, address(name), more);

const realm: RealmRepresentation = {
  realm: REALM,
  enabled: true,
  // Two people have one address.
  duplicateEmailsAllowed: true,
  loginWithEmailAllowed: false,
  roles: { realm: [{ name: "admins" }], client: { crm: [{ name: "support" }] } } as NonNullable<
    RealmRepresentation["roles"]
  >,
  groups: [{ name: "research", subGroups: [{ name: "vision" }] }],
  clients: [{ clientId: "crm", standardFlowEnabled: false }, syncClient()],
  users: [
    person("boss"),
    person("admin"),
    person("unverified", { emailVerified: false }),
    person("researcher", { groups: ["/research/vision"] }),
    { ...person("supporter"), clientRoles: { crm: ["support"] } } as UserRepresentation,
    person("plain"),
    person("twin"),
    { ...person("twin"), username: "namesake" },
    serviceAccount(REALM, ["view-users", "view-realm", "view-clients"]),
  ],
} as RealmRepresentation;

export let keycloak: BorrowedKeycloak;
export let keycloakAdmin: KeycloakAdmin;
let standIn: LangfuseServer | undefined;
let langfuseUrl: string;
export let langfuseAdmin: LangfuseAdminClient;
export let folder: string;
const made: { organization: string; client: LangfuseClient }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sync-access-"));
  keycloak = await borrowKeycloak();
  keycloakAdmin = keycloak.admin;
  const named = await namedTarget();
  if (named === undefined) standIn = await startLangfuse();
  const target = named ?? standIn?.target;
  if (target?.adminApiKey === undefined) throw new Error("the target needs adminApiKey, to make organizations");
  langfuseUrl = target.url;
  langfuseAdmin = createLangfuseAdminClient({ url: langfuseUrl, adminApiKey: target.adminApiKey });
  await createRealm(keycloakAdmin, realm);
  await assignRoles(keycloakAdmin, REALM, { users: { boss: ["admins"], admin: ["admins"], unverified: ["admins"] } });
}, 600_000);

afterAll(async () => {
  for (const { organization, client } of made) {
    for (const { id } of await client.listProjects()) await client.deleteProject(id);
    // Refused while a project is being deleted in the background.
    await langfuseAdmin.deleteOrganization(organization).catch(() => {});
  }
  await standIn?.stop();
  await keycloak?.stop();
  await rm(folder, { recursive: true });
}, 60_000);

export interface Fixture {
  readonly id: string;
  readonly client: LangfuseClient;
  readonly document: object;
  /** Organization role by the name before the @. */
  roles(): Promise<Record<string, string>>;
  /** Role in the project. */
  rows(): Promise<Record<string, string>>;
}

/** An organization of its own with a project "Assistant" and some members. */
export async function organization(members: Readonly<Record<string, Role>>, settings: object): Promise<Fixture> {
  const { id } = await langfuseAdmin.createOrganization({ name: `${RUN} ${made.length}` });
  const { publicKey, secretKey } = await langfuseAdmin.createApiKey(id, { note: RUN });
  const client = createLangfuseClient({ url: langfuseUrl, publicKey, secretKey });
  made.push({ organization: id, client });
  const project = await client.createProject({ name: "Assistant" });
  for (const [name, role] of Object.entries(members)) await client.createScimUser({ userName: address(name), role });
  await writeFile(path.join(folder, `${id}.public`), publicKey);
  await writeFile(path.join(folder, `${id}.secret`), secretKey);
  const byName = (list: Awaited<ReturnType<LangfuseClient["listMemberships"]>>) =>
    Object.fromEntries(list.map(({ email, role }) => [(email ?? "").split("@")[0], role]));
  return {
    id,
    client,
    document: { id, publicKeyFile: `${id}.public`, secretKeyFile: `${id}.secret`, ...settings },
    roles: async () => byName(await client.listMemberships()),
    rows: async () => byName(await client.listProjectMemberships(project.id)),
  };
}

export async function environmentFor(...organizations: readonly Fixture[]): Promise<Record<string, string>> {
  const file = path.join(folder, `${randomUUID()}.json`);
  await writeFile(file, JSON.stringify({ organizations: organizations.map(({ document }) => document) }));
  return {
    KEYCLOAK_URL: keycloak.url,
    KEYCLOAK_REALM: REALM,
    KEYCLOAK_CLIENT_ID: CLIENT.clientId,
    KEYCLOAK_CLIENT_SECRET: CLIENT.secret,
    LANGFUSE_URL: langfuseUrl,
    SYNC_CONFIG: file,
    LOG_LEVEL: "silent",
  };
}

/** Decides and applies as the command does, with the clock and the memory in the test's hands. */
export async function sync(
  environment: Record<string, string>,
  { memory = new Map(), now = new Date() }: { memory?: Memory; now?: Date } = {},
): Promise<{ decisions: readonly Decision[]; executions: readonly Execution[]; memory: Memory }> {
  const configuration = readConfiguration(environment);
  const organizations = configuration.organizations.map((one) => ({
    ...one,
    langfuse: createLangfuseClient(one.langfuse),
  }));
  const directory = createDirectory(createKeycloakClient(configuration.keycloak), {
    clientRoles: configuration.keycloak.clientRoles,
    allHolders: true,
  });
  const decisions = await decide(directory, organizations, memory, now);
  const executions = await execute(decisions, { safeguards: NO_SAFEGUARDS, stop: new AbortController().signal });
  return { decisions, executions, memory: memoryAfter(decisions, memory, now) };
}

export const changesOf = ({ decisions }: { decisions: readonly Decision[] }) =>
  decisions.flatMap(({ plan }) => plan.changes.map(({ kind, email }) => `${kind} ${email.split("@")[0]}`));
export const failuresOf = ({ executions }: { executions: readonly Execution[] }) =>
  executions.flatMap(({ outcome }) => outcome.failed.map(({ message }) => message));
