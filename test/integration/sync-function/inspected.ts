import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import { namedTarget } from "#local/bed/langfuse-target.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import type { RealmRepresentation, UserRepresentation } from "#local/keycloak/representations.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { startLangfuse } from "#local/langfuse/server.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { borrowKeycloak } from "#test/keycloak.ts";
import { realmPerson, serviceAccount, syncClient, syncEnvironment } from "./imported-realm.ts";

const REALM = "inspected";
/** Addresses of this run alone: a Langfuse elsewhere remembers people for ever. */
const SUFFIX = `${Date.now().toString(36)}${process.pid}`;
export const address = (name: string) => `${name}.${SUFFIX}@example.com`;

const person = (name: string, more: Partial<UserRepresentation> = {}) => realmPerson(REALM, name, address(name), more);

const realm = {
  realm: REALM,
  enabled: true,
  roles: { realm: [{ name: "langfuse-admin" }, { name: "langfuse-member" }, { name: "team-lead" }] },
  groups: [{ name: "engineering", subGroups: [{ name: "ml" }] }],
  clients: ["langfuse-sync", "mighty-sync", "powerless-sync"].map((clientId) => syncClient(clientId)),
  users: [
    person("nested", { groups: ["/engineering/ml"] }),
    person("composite"),
    person("both"),
    person("unverified", { emailVerified: false }),
    person("disabled", { enabled: false }),
    ...Object.entries({
      "langfuse-sync": ["view-users", "view-realm"],
      "mighty-sync": ["view-users", "view-realm", "manage-users"],
      "powerless-sync": ["view-realm"],
    }).map(([clientId, rights]) => serviceAccount(REALM, rights, clientId)),
  ],
} as RealmRepresentation;

const BEFORE: Readonly<Record<string, Role>> = {
  owner: "OWNER",
  nested: "VIEWER",
  composite: "ADMIN",
  both: "ADMIN",
  unverified: "MEMBER",
  disabled: "MEMBER",
};

const endings: (() => Promise<unknown>)[] = [];
export let folder: string;
export let environment: Record<string, string>;
export let langfuse: LangfuseClient;
export let projectId: string;
/** Whether people of that Langfuse come from our realm. */
export let signsInHere: boolean;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "inspection-test-"));
  const keycloak = await borrowKeycloak();
  endings.push(() => keycloak.stop());
  await prepareRealm(keycloak.admin);
  const { url, key, organizationId } = await prepareOrganization(`${keycloak.url}/realms/${REALM}`);
  langfuse = createLangfuseClient({ url, ...key });
  for (const [name, role] of Object.entries(BEFORE)) await langfuse.createScimUser({ userName: address(name), role });
  projectId = (await langfuse.createProject({ name: "prompts" })).id;
  const both = (await langfuse.listMemberships()).find(({ email }) => email === address("both"))?.userId ?? "";
  await langfuse.putProjectMembership(projectId, both, "VIEWER");
  environment = {
    ...syncEnvironment({ url: keycloak.url, name: REALM }, { ...key, url, id: organizationId }),
    ROLE_MAPPING: JSON.stringify({ "langfuse-admin": "ADMIN", "langfuse-member": "MEMBER", default: "VIEWER" }),
    // One of the people is unverified on purpose, which would stop every run.
    GUARD_LIMITS: '{"unverified":"skip"}',
    HOME: folder,
  };
});

afterAll(async () => {
  for (const end of endings.reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

async function prepareRealm(admin: KeycloakAdmin): Promise<void> {
  await createRealm(admin, realm);
  await assignRoles(admin, REALM, {
    users: {
      composite: ["team-lead"],
      both: ["langfuse-member", "langfuse-admin"],
      unverified: ["langfuse-admin"],
      disabled: ["langfuse-admin"],
    },
    groups: { "/engineering": ["langfuse-member"] },
    composites: { "team-lead": ["langfuse-member"] },
  });
}

/** @param issuer where people sign in, if the Langfuse is our own */
async function prepareOrganization(issuer: string) {
  let target = await namedTarget();
  signsInHere = target === undefined;
  if (target === undefined) {
    const server = await startLangfuse({ login: { issuer } });
    endings.push(() => server.stop());
    target = server.target;
  }
  const { url, adminApiKey = "" } = target;
  const admin = createLangfuseAdminClient({ url, adminApiKey });
  const { id: organizationId } = await admin.createOrganization({ name: `inspection ${SUFFIX}` });
  return { url, key: await admin.createApiKey(organizationId), organizationId };
}

export const roles = async () =>
  Object.fromEntries((await langfuse.listMemberships()).map(({ email, role }) => [email?.split(".")[0], role]));
