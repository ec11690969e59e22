import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import type { KeycloakAdmin } from "../keycloak/admin.ts";
import type { Person } from "../keycloak/company.ts";
import { assignRoles, removeRoles } from "../keycloak/roles.ts";

export interface LoginStageOptions {
  readonly admin: KeycloakAdmin;
  /** Realm that Langfuse signs people in through. */
  readonly realm: string;
  readonly langfuse: { readonly url: string; readonly adminApiKey: string };
}

/** Realm roles of the stage, and the role in Langfuse that each stands for; those without any get NONE. */
export const STAGE_ROLES = { "stage-admin": "ADMIN", "stage-member": "MEMBER" } as const;
export type StageRole = keyof typeof STAGE_ROLES;

/** An organization of its own in Langfuse, and what the sync needs to make roles right in it, for people who log in. */
export interface LoginStage extends AsyncDisposable {
  /** Configuration of the sync, which makes members of holders too. */
  readonly environment: Readonly<Record<string, string>>;
  readonly organizationId: string;
  /** Somebody new with a password, unknown to Langfuse until they log in; their address is verified by default. */
  addPerson(role?: StageRole, options?: { readonly emailVerified: boolean }): Promise<Person>;
  /** Gives somebody this role instead of the one they had. */
  setRole(person: Person, role: StageRole | undefined): Promise<void>;
  /** Role in the organization at this moment. */
  roleOf(person: Person): Promise<string | undefined>;
}

const OWNER = "stage-owner@example.com";
const RIGHTS = ["view-users", "view-realm"];

export async function openLoginStage({ admin, realm, langfuse }: LoginStageOptions): Promise<LoginStage> {
  const base = `/realms/${realm}`;
  const clientId = `stage-${randomUUID().slice(0, 8)}`;
  const folder = await mkdtemp(path.join(tmpdir(), `${clientId}-`));
  const clientSecret = randomUUID();
  const client = await addServiceAccount(admin, base, { clientId, secret: clientSecret });
  for (const name of Object.keys(STAGE_ROLES)) await admin.post(`${base}/roles`, { name });
  const instance = createLangfuseAdminClient(langfuse);
  const { id: organizationId } = await instance.createOrganization({ name: clientId });
  const key = await instance.createApiKey(organizationId);
  const organization = createLangfuseClient({ url: langfuse.url, ...key });
  await organization.createScimUser({ userName: OWNER, role: "OWNER" });
  const file = path.join(folder, "sync.json");
  const rules = Object.entries(STAGE_ROLES).map(([realmRole, role]) => ({ from: { realmRole }, organization: role }));
  const keys = { publicKeyVariable: "LANGFUSE_PUBLIC_KEY", secretKeyVariable: "LANGFUSE_SECRET_KEY" };
  await writeFile(
    file,
    JSON.stringify({ organizations: [{ id: organizationId, name: "Stage", ...keys, rules, provision: true }] }),
  );
  const people: string[] = [];
  return {
    organizationId,
    environment: {
      KEYCLOAK_URL: admin.url,
      KEYCLOAK_REALM: realm,
      KEYCLOAK_CLIENT_ID: clientId,
      KEYCLOAK_CLIENT_SECRET: clientSecret,
      LANGFUSE_URL: langfuse.url,
      LANGFUSE_PUBLIC_KEY: key.publicKey,
      LANGFUSE_SECRET_KEY: key.secretKey,
      SYNC_CONFIG: file,
      STATE_FILE: path.join(folder, "state.json"),
      LOCK_FILE: path.join(folder, "lock"),
      LOG_LEVEL: "silent",
    },
    addPerson: async (role, { emailVerified } = { emailVerified: true }) => {
      const username = `${clientId}-${people.length}`;
      const person = { username, email: `${username}@example.com`, password: `${username}-password` };
      const id = await admin.create(`${base}/users`, {
        username,
        email: person.email,
        emailVerified,
        firstName: "Stage",
        lastName: "Person",
        enabled: true,
        credentials: [{ type: "password", value: person.password, temporary: false }],
      });
      people.push(id);
      if (role !== undefined) await assignRoles(admin, realm, { users: { [username]: [role] } });
      return person;
    },
    setRole: async ({ username }, role) => {
      await removeRoles(admin, realm, { users: { [username]: Object.keys(STAGE_ROLES) } });
      if (role !== undefined) await assignRoles(admin, realm, { users: { [username]: [role] } });
    },
    roleOf: async ({ email }) =>
      (await organization.listMemberships()).find((member) => member.email === email.toLowerCase())?.role,
    [Symbol.asyncDispose]: async () => {
      await instance.deleteOrganization(organizationId);
      for (const id of people) await admin.delete(`${base}/users/${id}`);
      for (const name of Object.keys(STAGE_ROLES)) await admin.delete(`${base}/roles/${name}`);
      await admin.delete(`${base}/clients/${client}`);
      await rm(folder, { recursive: true });
    },
  };
}

/** @returns the id of the client that it belongs to */
async function addServiceAccount(
  admin: KeycloakAdmin,
  base: string,
  account: { readonly clientId: string; readonly secret: string },
): Promise<string> {
  const id = await admin.create(`${base}/clients`, {
    ...account,
    enabled: true,
    publicClient: false,
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
  });
  const { id: user } = await admin.get<{ id: string }>(`${base}/clients/${id}/service-account-user`);
  const [management] = await admin.get<{ id: string }[]>(`${base}/clients`, { clientId: "realm-management" });
  const roles = await Promise.all(
    RIGHTS.map((name) => admin.get<object>(`${base}/clients/${management?.id}/roles/${name}`)),
  );
  await admin.post(`${base}/users/${user}/role-mappings/clients/${management?.id}`, roles);
  return id;
}
