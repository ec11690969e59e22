import { createServer } from "node:http";
import { flatten } from "#sync/gate/flattening.ts";
import type { Element } from "#sync/gate/flow-tree.ts";
import type { Person } from "#sync/gate/login.ts";
import type { RealmModel } from "#sync/gate/realm-model.ts";

/** People of the realm, by e-mail address. */
export type Inhabitants = Readonly<Record<string, Person>>;

/** What a server answers that has this realm, by path below `/admin`; undefined where it has nothing. */
export function realmAnswers(
  model: RealmModel,
  people: Inhabitants = {},
): (path: string, query: URLSearchParams) => unknown {
  const { bindings, flows, roles } = model;
  const aliases = Object.keys(flows);
  const names = (list: readonly string[]) => list.map((name) => ({ name }));
  const configurations = new Map<string, unknown>();
  const answers: Record<string, unknown> = {
    "": {
      browserFlow: bindings.browser,
      registrationFlow: bindings.registration,
      directGrantFlow: bindings.directGrant,
      resetCredentialsFlow: bindings.resetCredentials,
      registrationAllowed: model.registrationAllowed,
      organizationsEnabled: model.organizationsEnabled,
      resetPasswordAllowed: model.resetPasswordAllowed,
    },
    "/clients": model.clients.map((client) => ({
      ...client,
      directAccessGrantsEnabled: client.directGrant,
      serviceAccountsEnabled: client.serviceAccount,
      attributes: {
        "oauth2.device.authorization.grant.enabled": String(client.device),
        "oidc.ciba.grant.enabled": String(client.ciba),
        "standard.token.exchange.enabled": String(client.tokenExchange),
        "oauth2.jwt.authorization.grant.enabled": String(client.jwtGrant),
      },
      authenticationFlowBindingOverrides: Object.fromEntries(
        Object.entries(client.overrides).map(([binding, alias]) => [binding, `id of ${alias}`]),
      ),
      defaultClientScopes: client.defaultScopes,
      optionalClientScopes: client.optionalScopes,
    })),
    "/authentication/config-description/reset-credential-email": {
      properties:
        model.forceLoginDefault === undefined ? [] : [{ name: "force-login", defaultValue: model.forceLoginDefault }],
    },
    "/client-scopes": model.scopes,
    "/default-default-client-scopes": names(model.newClientScopes),
    "/default-optional-client-scopes": [],
    "/client-policies/profiles": { profiles: [{ executors: model.policyExecutors.map((executor) => ({ executor })) }] },
    "/identity-provider/instances": model.identityProviders.map(({ alias, enabled, postFlow }) => ({
      alias,
      enabled,
      postBrokerLoginFlowAlias: postFlow,
    })),
    "/authentication/authenticator-providers": model.authenticators.map((id) => ({ id })),
    "/authentication/flows": aliases.map((alias) => ({ id: `id of ${alias}`, ...flows[alias], children: undefined })),
    "/roles": Object.keys(roles).map((name) => ({ id: name, name })),
  };
  for (const [name, { isHeld }] of Object.entries(roles)) {
    answers[`/roles/${name}/users`] = isHeld ? [{ enabled: true }] : [];
    answers[`/roles/${name}/groups`] = [];
  }
  for (const alias of aliases)
    answers[`/authentication/flows/${alias}/executions`] = rowsOf(flows[alias]?.children ?? [], configurations);
  for (const [id, configuration] of configurations) answers[`/authentication/config/${id}`] = configuration;
  for (const [email, { roles: held, otp }] of Object.entries(people)) {
    answers[`/users/${email}/role-mappings/realm/composite`] = names(held);
    answers[`/users/${email}/credentials`] = [{ type: "password" }, ...(otp ? [{ type: "otp" }] : [])];
  }
  return (path, query) => {
    if (path === "/serverinfo") return { systemInfo: { version: model.version } };
    const below = decodeURIComponent(path).slice(`/realms/${model.name}`.length);
    const email = query.get("email") ?? "";
    if (below === "/users") return people[email] ? [{ id: email, email, enabled: people[email].enabled }] : [];
    return answers[below];
  };
}

/** As the server lists them, with their priorities, and configurations under ids of their own. */
function rowsOf(children: readonly Element[], configurations: Map<string, unknown>): unknown[] {
  const priorities = [...prioritiesOf(children)];
  return flatten(children).map(({ config, ...row }, index) => {
    if (!config) return { ...row, priority: priorities[index] };
    const id = `configuration-${configurations.size}`;
    configurations.set(id, { alias: config.alias, config: config.values });
    return { ...row, priority: priorities[index], authenticationConfig: id };
  });
}

function* prioritiesOf(children: readonly Element[]): Generator<number> {
  for (const child of children) {
    yield child.priority;
    if (child.kind === "subflow") yield* prioritiesOf(child.children);
  }
}

/** The same over HTTP, with tokens for everybody who asks. */
export async function serveRealm(
  model: RealmModel,
  people?: Inhabitants,
): Promise<AsyncDisposable & { readonly url: string }> {
  const answer = realmAnswers(model, people);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const found = pathname.endsWith("/token")
      ? { access_token: "token", expires_in: 60 }
      : answer(pathname.slice("/admin".length), searchParams);
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? { error: "not found" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
