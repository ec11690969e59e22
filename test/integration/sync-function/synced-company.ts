import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { namedTarget } from "#local/bed/langfuse-target.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { EVENT_PLUGIN_JAVA, findEventPlugin } from "#local/keycloak/event-plugin.ts";
import { createRealm, deleteRealm } from "#local/keycloak/realm.ts";
import type { RealmRepresentation, UserRepresentation } from "#local/keycloak/representations.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { adminOf, type KeycloakServer, startKeycloak } from "#local/keycloak/server.ts";
import { type LangfuseServer, type LangfuseTarget, startLangfuse } from "#local/langfuse/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { silent } from "#local/progress.ts";
import { mapLimited } from "#sync/concurrency.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { type Result, runCommand } from "./command-line.ts";
import { CLIENT, realmPerson, serviceAccount, syncClient, syncEnvironment } from "./imported-realm.ts";

export const REALM = "Company";
const MAPPING = { "langfuse/admin": "ADMIN", "langfuse-member": "MEMBER", default: "VIEWER" };

export const person = (name: string, more: Partial<UserRepresentation> = {}) =>
  realmPerson(REALM, name, `${name}@example.com`, more);

export const realm: RealmRepresentation = {
  realm: REALM,
  enabled: true,
  roles: {
    realm: [{ name: "langfuse/admin" }, { name: "langfuse-member" }, { name: "team-lead" }, { name: "manager" }],
  },
  groups: [{ name: "engineering", subGroups: [{ name: "ml", subGroups: [{ name: "vision" }] }] }, { name: "leads" }],
  clients: [syncClient()],
  users: [
    person("direct"),
    person("nested", { groups: ["/engineering/ml/vision"] }),
    person("composite"),
    person("lead", { groups: ["/leads"] }),
    person("both"),
    person("none"),
    person("disabled", { enabled: false }),
    person("protected"),
    person("outsider"),
    // Where the realm lets people choose their names, this must be no way to keep a role.
    { ...person("renamed"), username: "service-account-renamed" },
    serviceAccount(REALM, ["view-users", "view-realm"]),
  ],
};

export const assignments = {
  users: {
    direct: ["langfuse/admin"],
    composite: ["manager"],
    both: ["langfuse-member", "langfuse/admin"],
    disabled: ["langfuse/admin"],
    protected: ["langfuse-member"],
    outsider: ["langfuse/admin"],
  },
  groups: { "/engineering": ["langfuse-member"], "/leads": ["manager"] },
  // A chain, and a ring that leads back to its beginning.
  composites: { manager: ["team-lead"], "team-lead": ["langfuse-member", "manager"] },
};

export const BEFORE: Readonly<Record<string, Role>> = {
  direct: "VIEWER",
  nested: "NONE",
  composite: "ADMIN",
  lead: "VIEWER",
  both: "MEMBER",
  none: "ADMIN",
  disabled: "MEMBER",
  protected: "OWNER",
  stranger: "MEMBER",
  renamed: "ADMIN",
  // The address of the sync's own service account.
  [`service-account-${CLIENT.clientId}`]: "MEMBER",
};

export const AFTER: Readonly<Record<string, string>> = {
  direct: "ADMIN",
  nested: "MEMBER",
  composite: "MEMBER",
  lead: "MEMBER",
  both: "ADMIN",
  none: "VIEWER",
  disabled: "NONE",
  protected: "OWNER",
  stranger: "MEMBER",
  renamed: "VIEWER",
  [`service-account-${CLIENT.clientId}`]: "MEMBER",
};

const processes = new ProcessGroup();
export let keycloak: KeycloakServer;
export let admin: KeycloakAdmin;
let standIn: LangfuseServer | undefined;
export let target: Pick<LangfuseTarget, "url" | "adminApiKey">;
export let organization: LangfuseClient;
export let environment: Record<string, string>;

beforeAll(async () => {
  const providers = [await findEventPlugin(silent)];
  keycloak = await startKeycloak({ processes, progress: silent, providers, javaMinimum: EVENT_PLUGIN_JAVA });
  admin = adminOf(keycloak);
  const named = await namedTarget();
  if (named === undefined) standIn = await startLangfuse();
  target = named ?? standIn?.target ?? { url: "" };
  if (target.adminApiKey === undefined) throw new Error("the target needs adminApiKey, to make organizations");
}, 600_000);

afterAll(async () => {
  await standIn?.stop();
  await processes.stop();
}, 60_000);

beforeEach(async () => {
  const company = createRealm(admin, realm).then(() => assignRoles(admin, REALM, assignments));
  const { url } = target;
  const langfuseAdmin = createLangfuseAdminClient({ url, adminApiKey: target.adminApiKey ?? "" });
  const { id: orgId } = await langfuseAdmin.createOrganization({ name: `sync ${randomUUID().slice(0, 8)}` });
  const { publicKey, secretKey } = await langfuseAdmin.createApiKey(orgId, {});
  organization = createLangfuseClient({ url, publicKey, secretKey });
  await mapLimited(Object.entries(BEFORE), 2, ([name, role]) =>
    organization.createScimUser({ userName: `${name}@example.com`, role }),
  );
  await company;
  environment = {
    ...syncEnvironment({ url: keycloak.url, name: REALM }, { url, id: orgId, publicKey, secretKey }),
    ROLE_MAPPING: JSON.stringify(MAPPING),
    PROTECTED_MEMBERS: '["protected@example.com"]',
  };
  return async () => {
    await langfuseAdmin.deleteOrganization(orgId);
    await deleteRealm(admin, REALM);
  };
}, 60_000);

/** Gives somebody what a login by password needs, and answers how to do that. */
export async function loginOf(username: string): Promise<() => Promise<void>> {
  const path = `/realms/${REALM}/users/${await idOf(username)}`;
  const password = `password of ${username}`;
  await admin.put(path, { firstName: username, lastName: username, email: `${username}@example.com` });
  await admin.put(`${path}/reset-password`, { type: "password", value: password });
  return async () => {
    const answer = await fetch(`${keycloak.url}/realms/${REALM}/protocol/openid-connect/token`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username, password }),
    });
    expect(answer.status, await answer.text()).toBe(200);
  };
}

export async function idOf(username: string): Promise<string> {
  const [found] = await admin.get<{ id: string }[]>(`/realms/${REALM}/users`, { username, exact: true });
  return found?.id ?? "";
}

export async function roles(): Promise<Record<string, string>> {
  const members = await organization.listMemberships();
  const ours = members.map(({ email, role }) => [(email ?? "").replace("@example.com", ""), role] as const);
  return Object.fromEntries(ours.filter(([name]) => name in BEFORE));
}

export const plan = () => runCommand(["plan"], environment);
export const apply = () => runCommand(["apply"], environment);
export const codeOf = ({ exitCode, complaints }: Result) => ({ exitCode, complaints });
export const quietly = (exitCode: number) => ({ exitCode, complaints: "" });
