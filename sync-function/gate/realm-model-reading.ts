import * as z from "zod";
import { pathSegment } from "../http/path.ts";
import type { AdminApi } from "./admin-api.ts";
import { isGenerationOf } from "./fingerprint.ts";
import { liveTree } from "./live-tree.ts";
import type { ClientModel, LiveFlow, RealmModel } from "./realm-model.ts";
import { readFlow, readFlowList, readForceLoginDefault, readIdentityProviders } from "./realm-reading.ts";
import { readRoles } from "./role-holders.ts";
import { type GateSpecification, postBrokerName } from "./specification.ts";

const flag = z.boolean().default(false);
const realmAnswer = z.object({
  browserFlow: z.string(),
  registrationFlow: z.string(),
  directGrantFlow: z.string(),
  resetCredentialsFlow: z.string(),
  registrationAllowed: flag,
  organizationsEnabled: flag,
  resetPasswordAllowed: flag,
  defaultRole: z.object({ name: z.string() }).optional(),
});
const clientsAnswer = z.array(
  z.object({
    clientId: z.string(),
    protocol: z.string().default("openid-connect"),
    directAccessGrantsEnabled: flag,
    serviceAccountsEnabled: flag,
    attributes: z.record(z.string(), z.string().nullish()).default({}),
    authenticationFlowBindingOverrides: z.record(z.string(), z.string().nullish()).default({}),
    defaultClientScopes: z.array(z.string()).default([]),
    optionalClientScopes: z.array(z.string()).default([]),
  }),
);
const scopesAnswer = z.array(z.object({ name: z.string(), protocol: z.string().default("openid-connect") }));
const namesAnswer = z.array(z.object({ name: z.string() }));
const authenticatorsAnswer = z.array(z.object({ id: z.string() }));
const profilesAnswer = z.object({
  profiles: z.array(z.object({ executors: z.array(z.object({ executor: z.string() })).default([]) })).default([]),
});
const flowIdsAnswer = z.array(z.object({ id: z.string(), alias: z.string() }));

/**
 * Reads it; changes nothing. Needs view-realm, view-clients, view-users and view-identity-providers.
 *
 * @throws AccessError when anything cannot be read: a gate that was looked at in part only is not known to hold
 */
export async function readRealmModel(
  api: AdminApi,
  name: string,
  specification: GateSpecification,
): Promise<RealmModel> {
  const base = `/${pathSegment(name)}`;
  const get = <T>(path: string, schema: z.ZodType<T>, query: Record<string, string | number | boolean> = {}) =>
    api.send({ method: "GET", path: `${base}${path}`, query }, schema);
  const realm = await get("", realmAnswer);
  const clients = await get("/clients", clientsAnswer);
  const flowIds = await get("/authentication/flows", flowIdsAnswer);
  const identityProviders = await readIdentityProviders(api, name);
  const models = clients.map((client) => clientModel(client, flowIds));
  const gated = specification.gates.map(({ client }) => client);
  const wanted = new Set([
    realm.browserFlow,
    realm.registrationFlow,
    realm.directGrantFlow,
    realm.resetCredentialsFlow,
    specification.flowToCopy,
    ...identityProviders.flatMap(({ postFlow }) => (postFlow === undefined ? [] : [postFlow])),
    ...models.flatMap(({ clientId, overrides }) => (gated.includes(clientId) ? Object.values(overrides) : [])),
  ]);
  const flows: Record<string, LiveFlow> = {};
  for (const { alias, builtIn, description } of await readFlowList(api, name)) {
    const isOurs = [specification.flow, postBrokerName(specification)].some((own) => isGenerationOf(alias, own));
    if (!isOurs && !wanted.has(alias)) continue;
    flows[alias] = {
      alias,
      builtIn,
      description: description ?? "",
      children: liveTree(await readFlow(api, name, alias)),
    };
  }
  const [defaults, optionals] = [
    await get("/default-default-client-scopes", namesAnswer),
    await get("/default-optional-client-scopes", namesAnswer),
  ];
  const profiles = await get("/client-policies/profiles", profilesAnswer);
  return {
    name,
    bindings: {
      browser: realm.browserFlow,
      registration: realm.registrationFlow,
      directGrant: realm.directGrantFlow,
      resetCredentials: realm.resetCredentialsFlow,
    },
    registrationAllowed: realm.registrationAllowed,
    organizationsEnabled: realm.organizationsEnabled,
    resetPasswordAllowed: realm.resetPasswordAllowed,
    forceLoginDefault: await readForceLoginDefault(api, name),
    flows,
    clients: models,
    scopes: await get("/client-scopes", scopesAnswer),
    newClientScopes: [...defaults, ...optionals].map((scope) => scope.name),
    identityProviders,
    roles: await readRoles(api, name, new Set(specification.gates.map(({ role }) => role)), realm.defaultRole?.name),
    policyExecutors: profiles.profiles.flatMap(({ executors }) => executors.map(({ executor }) => executor)),
    version: await api.version(),
    authenticators: (await get("/authentication/authenticator-providers", authenticatorsAnswer)).map(({ id }) => id),
  };
}

function clientModel(
  client: z.output<typeof clientsAnswer>[number],
  flows: z.output<typeof flowIdsAnswer>,
): ClientModel {
  const { attributes } = client;
  const isOn = (attribute: string) => attributes[attribute] === "true";
  const overrides = Object.entries(client.authenticationFlowBindingOverrides).flatMap(([binding, id]) =>
    id ? [[binding, flows.find((flow) => flow.id === id)?.alias ?? id]] : [],
  );
  return {
    clientId: client.clientId,
    protocol: client.protocol,
    defaultScopes: client.defaultClientScopes,
    optionalScopes: client.optionalClientScopes,
    directGrant: client.directAccessGrantsEnabled,
    serviceAccount: client.serviceAccountsEnabled,
    device: isOn("oauth2.device.authorization.grant.enabled"),
    ciba: isOn("oidc.ciba.grant.enabled"),
    tokenExchange: isOn("standard.token.exchange.enabled"),
    jwtGrant: isOn("oauth2.jwt.authorization.grant.enabled"),
    overrides: Object.fromEntries(overrides),
  };
}
