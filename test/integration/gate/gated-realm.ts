import { createKeycloakAdminApi } from "#components/keycloak/admin-api.ts";
import type { GatePlan } from "#components/keycloak/login-gate/gate-plan.ts";
import { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { companyRealm, people, wiki } from "#local/keycloak/company.ts";
import { createRealm } from "#local/keycloak/realm.ts";
import { assignRoles } from "#local/keycloak/roles.ts";
import { startKeycloak } from "#local/keycloak/server.ts";
import { ProcessGroup } from "#local/process/group.ts";
import { createProgress } from "#local/progress.ts";
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

/** Secret of the one-time passwords of both people who have them. */
export const otpSecret = "one-time-password-seed";
const withOtp = (username: string) => ({
  username,
  email: `${username}@example.com`,
  emailVerified: true,
  firstName: "Otis",
  lastName: "Otp",
  enabled: true,
  credentials: [
    { type: "password", value: `${username}-password`, temporary: false },
    {
      type: "otp",
      secretData: JSON.stringify({ value: otpSecret }),
      credentialData: JSON.stringify({ subType: "totp", digits: 6, counter: 0, period: 30, algorithm: "HmacSHA1" }),
    },
  ],
});
export const otpPeople = { otpHolder: "otto.holder", otpNobody: "olga.nobody" } as const;
/** People of the second realm; the first of them is linked to `people.direct`. */
export const partners = { linked: "pat.linked", stranger: "pia.stranger" } as const;

export interface GatedRealm {
  readonly admin: KeycloakAdmin;
  readonly api: AdminApi;
  readonly realm: string;
  readonly issuer: string;
  readonly plan: GatePlan;
  readonly signIn: { readonly username: string; readonly password: string };
  model(): Promise<RealmModel>;
  stop(): Promise<void>;
}

/** A server with the example company, gated, and a second realm whose people come through it as identity provider. */
export async function startGatedRealm(version: string): Promise<GatedRealm> {
  const processes = new ProcessGroup();
  const server = await startKeycloak({ version, processes, progress: createProgress() });
  const signIn = { username: server.adminUsername, password: server.adminPassword };
  const admin = new KeycloakAdmin({ url: server.url, ...signIn });
  const realm = "company";
  const company = companyRealm({ langfuseUrl: "http://127.0.0.1:3000", langfuseClientSecret: langfuse.secret });
  await createRealm(admin, {
    ...company,
    ...reusableCodes,
    clients: company.clients?.map((client) =>
      client.clientId === wiki.clientId ? { ...client, directAccessGrantsEnabled: true } : client,
    ),
    users: [...(company.users ?? []), ...Object.values(otpPeople).map(withOtp)],
  } as Parameters<typeof createRealm>[1]);
  await createPartnerRealm(admin, server.url);
  await admin.post(`/realms/${realm}/roles`, { name: "langfuse-access" });
  const granted = ["langfuse-access"];
  await assignRoles(admin, realm, {
    users: { [people.direct.username]: granted, [otpPeople.otpHolder]: granted, [people.disabled.username]: granted },
    groups: { "/engineering": granted },
    composites: { "team-lead": granted },
  });
  await linkPartner(admin, realm);
  const api = createKeycloakAdminApi({
    url: server.url,
    realm: "master",
    clientId: "admin-cli",
    username: signIn.username,
    secret: signIn.password,
  });
  const plan = await realiseGate(admin, api, realm, specification);
  return {
    admin,
    api,
    realm,
    issuer: `${server.url}/realms/${realm}`,
    plan,
    signIn,
    model: () => readRealmModel(api, realm, specification),
    stop: () => processes.stop(),
  };
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
