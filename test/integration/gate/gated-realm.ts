import { createKeycloakAdminApi } from "#components/keycloak/admin-api.ts";
import type { GatePlan } from "#components/keycloak/login-gate/gate-plan.ts";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { companyRealm, people } from "#local/keycloak/company.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { adminOf, type KeycloakAccess, type KeycloakServer } from "#local/keycloak/server.ts";
import type { AdminApi } from "#sync/gate/admin-api.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";
import { readRealmModel } from "#sync/gate/realm-model-reading.ts";
import type { GateSpecification } from "#sync/gate/specification.ts";
import { realiseGate } from "./realiser.ts";

export const langfuse = {
  clientId: "langfuse",
  secret: "langfuse-secret",
  redirectUri: "http://127.0.0.1:3000/api/auth/callback/keycloak",
} as const;
export const denyMessage = "Langfuse is not for you.";
export const specification: GateSpecification = {
  flow: "browser-langfuse",
  flowToCopy: "browser",
  generation: 1,
  gates: [{ client: langfuse.clientId, scope: "langfuse-gate", role: "langfuse-access", denyMessage }],
};

/** Several logins in half a minute; the server reads none of it unless the type is given. */
const reusableCodes = {
  otpPolicyType: "totp",
  otpPolicyAlgorithm: "HmacSHA1",
  otpPolicyInitialCounter: 0,
  otpPolicyDigits: 6,
  otpPolicyLookAheadWindow: 1,
  otpPolicyPeriod: 30,
  otpPolicyCodeReusable: true,
};

/** Langfuse asks for no offline tokens. */
const ownSettings: Readonly<Record<string, object>> = {
  [langfuse.clientId]: {
    defaultClientScopes: ["acr", "basic", "email", "profile", "roles", "web-origins"],
    optionalClientScopes: ["phone"],
  },
};

/** A second factor as an import takes it. */
export const otpCredential = (secret: string) => ({
  type: "otp",
  secretData: JSON.stringify({ value: secret }),
  credentialData: JSON.stringify({ subType: "totp", digits: 6, counter: 0, period: 30, algorithm: "HmacSHA1" }),
});
/** People of the second realm; the first of them is linked to `people.direct`. */
export const partners = { linked: "pat.linked", stranger: "pia.stranger" } as const;

/** A server with the example company, and a second realm whose people come through it as identity provider. */
export interface CompanyServer {
  readonly url: string;
  readonly admin: KeycloakAdmin;
  readonly api: AdminApi;
  readonly realm: string;
  readonly issuer: string;
  readonly signIn: { readonly username: string; readonly password: string };
  stop(): Promise<void>;
}

/** A further client that a gate may be for. */
export const grafana = {
  clientId: "grafana",
  secret: "grafana-secret",
  redirectUri: "http://127.0.0.1/grafana/callback",
} as const;
/** Role of the realm's owners that opens its gate. */
export const reader = "reader";
/** A post-broker flow of the realm's owners. */
export const theirFlow = "their flow";

/** What owners of a realm may have: a third client, and an identity provider with a post-broker flow of their own. */
export async function makeTheirs(company: CompanyServer): Promise<void> {
  const { admin, realm } = company;
  const scopes = ownSettings[langfuse.clientId];
  const { redirectUri, ...client } = grafana;
  await admin.post(`/realms/${realm}/clients`, {
    ...client,
    ...scopes,
    redirectUris: [redirectUri],
    standardFlowEnabled: true,
  });
  await admin.post(`/realms/${realm}/roles`, { name: reader });
  await makePostBrokerFlow(company, theirFlow);
  await copyPartner(company, { alias: "supplier", postBrokerLoginFlowAlias: theirFlow });
}

/** A flow that lets everybody through. */
export async function makePostBrokerFlow({ admin, realm }: CompanyServer, alias: string): Promise<void> {
  const flows = `/realms/${realm}/authentication/flows`;
  await admin.post(flows, { alias, providerId: "basic-flow", topLevel: true, builtIn: false });
  const executions = `${flows}/${encodeURIComponent(alias)}/executions`;
  await admin.create(`${executions}/execution`, { provider: "allow-access-authenticator" });
  const [row] = await admin.get<object[]>(executions);
  await admin.put(executions, { ...row, requirement: "REQUIRED" });
}

/** Another identity provider that leads to the partner's realm. */
export async function copyPartner({ admin, realm }: CompanyServer, change: object): Promise<void> {
  const instances = `/realms/${realm}/identity-provider/instances`;
  const { internalId: _id, ...partner } = await admin.get<Record<string, unknown>>(`${instances}/partner`);
  const config = { ...(partner.config as object), clientSecret: "company-secret" };
  await admin.post(instances, { ...partner, config, ...change });
}

/** Tells the realm that Langfuse is at another address too. */
export async function addRedirectUri({ admin, realm }: CompanyServer, uri: string): Promise<void> {
  const [client] = await admin.get<{ id: string; redirectUris: string[] }[]>(`/realms/${realm}/clients`, {
    clientId: langfuse.clientId,
  });
  const redirectUris = [...(client?.redirectUris ?? []), uri];
  await admin.put(`/realms/${realm}/clients/${client?.id}`, { ...client, redirectUris });
}

/** A person's account, to change fields of. */
export async function accountOf(
  { admin, realm }: CompanyServer,
  username: string,
): Promise<{ set(change: object): Promise<void> }> {
  const [user] = await admin.get<{ id: string }[]>(`/realms/${realm}/users`, { username, exact: true });
  const path = `/realms/${realm}/users/${user?.id}`;
  return { set: async (change) => admin.put(path, { ...(await admin.get<object>(path)), ...change }) };
}

export interface GatedRealm extends CompanyServer {
  readonly plan: GatePlan;
  model(): Promise<RealmModel>;
}

/** A server without realms, which its owner leaves to the company. */
type EmptyKeycloak = KeycloakAccess & Pick<KeycloakServer, "stop">;

export async function startCompany(keycloak: EmptyKeycloak): Promise<CompanyServer> {
  const { url, stop } = keycloak;
  const signIn = { username: keycloak.adminUsername, password: keycloak.adminPassword };
  const admin = adminOf(keycloak);
  const realm = "company";
  const company = companyRealm({ langfuseUrl: "http://127.0.0.1:3000", langfuseClientSecret: langfuse.secret });
  await createRealm(admin, {
    ...company,
    ...reusableCodes,
    clients: company.clients?.map((client) => ({ ...client, ...ownSettings[client.clientId] })),
  } as Parameters<typeof createRealm>[1]);
  await createPartnerRealm(admin, url);
  await linkPartner(admin, realm);
  const api = createKeycloakAdminApi({
    url,
    realm: "master",
    clientId: "admin-cli",
    username: signIn.username,
    secret: signIn.password,
  });
  return { url, admin, api, realm, issuer: `${url}/realms/${realm}`, signIn, stop };
}

/** The same with a gate, made through the Admin API, and holders of its role. */
export async function startGatedRealm(
  keycloak: EmptyKeycloak,
  gates: GateSpecification = specification,
  prepare?: (company: CompanyServer) => Promise<void>,
): Promise<GatedRealm> {
  const company = await startCompany(keycloak);
  await prepare?.(company);
  const { admin, api, realm } = company;
  await admin.post(`/realms/${realm}/roles`, { name: "langfuse-access" });
  const granted = ["langfuse-access"];
  await assignRoles(admin, realm, {
    users: { [people.direct.username]: granted, [people.disabled.username]: granted },
    groups: { "/engineering": granted },
    composites: { "team-lead": granted },
  });
  const plan = await realiseGate(admin, api, realm, gates);
  return { ...company, plan, model: () => readRealmModel(api, realm, gates) };
}

async function createPartnerRealm(admin: KeycloakAdmin, url: string): Promise<void> {
  const broker = {
    clientId: "company",
    secret: "company-secret",
    redirectUris: [`${url}/*`],
    standardFlowEnabled: true,
  };
  await createRealm(admin, {
    realm: "partner",
    enabled: true,
    clients: [{ ...broker, enabled: true, publicClient: false }],
    users: Object.values(partners).map((username) => ({
      username,
      email: `${username}@partner.example.com`,
      emailVerified: true,
      firstName: "Pat",
      lastName: "Partner",
      enabled: true,
      credentials: [{ type: "password" as const, value: `${username}-password`, temporary: false }],
    })),
  });
  const partner = `${url}/realms/partner`;
  await admin.post("/realms/company/identity-provider/instances", {
    alias: "partner",
    providerId: "oidc",
    enabled: true,
    trustEmail: true,
    config: {
      clientId: broker.clientId,
      clientSecret: broker.secret,
      clientAuthMethod: "client_secret_post",
      defaultScope: "openid email profile",
      authorizationUrl: `${partner}/protocol/openid-connect/auth`,
      tokenUrl: `${partner}/protocol/openid-connect/token`,
      userInfoUrl: `${partner}/protocol/openid-connect/userinfo`,
      jwksUrl: `${partner}/protocol/openid-connect/certs`,
      useJwksUrl: "true",
      validateSignature: "true",
      issuer: partner,
      syncMode: "IMPORT",
    },
  });
}

async function linkPartner(admin: KeycloakAdmin, realm: string): Promise<void> {
  const idOf = async (name: string, username: string) =>
    (await admin.get<{ id: string }[]>(`/realms/${name}/users`, { username, exact: true }))[0]?.id;
  const userId = await idOf("partner", partners.linked);
  const path = `/realms/${realm}/users/${await idOf(realm, people.direct.username)}/federated-identity/partner`;
  await admin.post(path, { identityProvider: "partner", userId, userName: partners.linked });
}
