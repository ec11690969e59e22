import * as z from "zod";
import { mapLimited } from "../concurrency.ts";
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
/** Flows read at a time. */
const FLOWS_AT_ONCE = 4;

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
  const [realm, clients, identityProviders, listed, rest] = await Promise.all([
    get("", realmAnswer),
    get("/clients", clientsAnswer),
    readIdentityProviders(api, name),
    readFlowList(api, name),
    Promise.all([
      get("/default-default-client-scopes", namesAnswer),
      get("/default-optional-client-scopes", namesAnswer),
      get("/client-policies/profiles", profilesAnswer),
      get("/client-scopes", scopesAnswer),
      get("/authentication/authenticator-providers", authenticatorsAnswer),
      readForceLoginDefault(api, name),
      api.version(),
    ]),
  ]);
  const [defaults, optionals, { profiles }, scopes, authenticators, forceLoginDefault, version] = rest;
  const models = clients.map((client) => clientModel(client, listed));
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
  const isOurs = (alias: string) =>
    [specification.flow, postBrokerName(specification)].some((own) => isGenerationOf(alias, own));
  const relevant = listed.filter(({ alias }) => wanted.has(alias) || isOurs(alias));
  const [flows, roles] = await Promise.all([
    mapLimited(relevant, FLOWS_AT_ONCE, async ({ alias, builtIn, description }): Promise<LiveFlow> => {
      const children = liveTree(await readFlow(api, name, alias));
      return { alias, builtIn, description: description ?? "", children };
    }),
    readRoles(api, name, new Set(specification.gates.map(({ role }) => role)), realm.defaultRole?.name),
  ]);
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
    forceLoginDefault,
    flows: Object.fromEntries(flows.map((flow) => [flow.alias, flow])),
    clients: models,
    scopes,
    newClientScopes: [...defaults, ...optionals].map((scope) => scope.name),
    identityProviders,
    roles,
    policyExecutors: profiles.flatMap(({ executors }) => executors.map(({ executor }) => executor)),
    version,
    authenticators: authenticators.map(({ id }) => id),
  };
}

function clientModel(
  client: z.output<typeof clientsAnswer>[number],
  flows: readonly { readonly id: string; readonly alias: string }[],
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
