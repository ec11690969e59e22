import { z } from "zod";
import { mapLimited, unheard } from "#sync/concurrency.ts";
import { AccessError } from "#sync/errors.ts";
import { type LiveExecution, readFlow, readFlowList, readIdentityProviders } from "#sync/gate/realm-reading.ts";
import type { FlatExecution } from "#sync/gate/replica.ts";
import type { GateSpecification } from "#sync/gate/specification.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";
import { isOwned } from "../ownership.ts";

/** What the gate has to know of a realm before anything is declared. */
export interface RealmFacts {
  /** Internal ids of the gated clients, by client id. */
  readonly clients: Readonly<Record<string, string>>;
  /** Flow that browser logins run at this moment. */
  readonly boundFlow: string;
  /** Executions of the flow to be copied. */
  readonly executions: readonly FlatExecution[];
  readonly identityProviders: readonly {
    readonly alias: string;
    readonly enabled: boolean;
    /** Flow that runs after a login through it. */
    readonly postFlow: string | undefined;
  }[];
  /** The flows that identity providers run afterwards, by alias. */
  readonly flows: Readonly<
    Record<string, { readonly builtIn: boolean; readonly executions: readonly LiveExecution[] }>
  >;
  /** Flows that this stack made, whatever they are called. */
  readonly ownFlows: readonly string[];
}

/** Gated clients looked up at a time. */
const GATES_AT_ONCE = 4;

const realmAnswer = z.object({ browserFlow: z.string() });
const clientsAnswer = z.array(z.object({ id: z.string(), clientId: z.string(), protocol: z.string().optional() }));
const scopesAnswer = z.array(z.object({ name: z.string(), description: z.string().nullish() }));
const authenticatorsAnswer = z.array(z.object({ id: z.string() }));

/** Reads them side by side, and refuses a realm the gate cannot hold in; nothing is changed. */
export async function readRealmFacts(
  api: KeycloakAdminApi,
  options: {
    readonly realm: string;
    readonly specification: GateSpecification;
    /** Name of the stack in the descriptions of what it made. */
    readonly owner: string;
    /** Roles that are declared in the same run. */
    readonly declaredRoles: readonly string[];
  },
): Promise<RealmFacts> {
  const { realm, specification, owner, declaredRoles } = options;
  const get: Get = (path, schema, query = {}) =>
    api.send({ method: "GET", path: `/${encodeURIComponent(realm)}${path}`, query }, schema);

  const { flowToCopy, gates } = specification;
  const reading = {
    settings: unheard(get("", realmAnswer)),
    clients: unheard(
      mapLimited(gates, GATES_AT_ONCE, async ({ client }) => [client, await clientIdOf(get, realm, client)] as const),
    ),
    scopes: unheard(requireFreeScopes(get, specification, owner)),
    rows: unheard(readFlowToCopy(api, realm, flowToCopy)),
    identityProviders: unheard(readIdentityProviders(api, realm)),
    known: unheard(readFlowList(api, realm)),
  };
  await requireConditions(get, realm);
  const { browserFlow } = await reading.settings;
  const clients = Object.fromEntries(await reading.clients);
  for (const { role } of gates) if (!declaredRoles.includes(role)) await requireRole(get, realm, role);
  await reading.scopes;
  // The copy counts its own priorities.
  const executions = (await reading.rows).map(({ priority: _priority, ...row }) => row);
  const identityProviders = await reading.identityProviders;
  const postFlows = new Set(identityProviders.flatMap(({ postFlow }) => (postFlow ? [postFlow] : [])));
  const known = await reading.known;
  const flows: Record<string, RealmFacts["flows"][string]> = {};
  for (const { alias, builtIn } of known) {
    if (postFlows.has(alias)) flows[alias] = { builtIn, executions: await readFlow(api, realm, alias) };
  }
  const ownFlows = known.flatMap(({ alias, description }) => (isOwned(description ?? "", owner) ? [alias] : []));
  return { clients, boundFlow: browserFlow, executions, identityProviders, flows, ownFlows };
}

async function readFlowToCopy(api: KeycloakAdminApi, realm: string, alias: string): Promise<readonly LiveExecution[]> {
  try {
    return await readFlow(api, realm, alias);
  } catch (error) {
    if (!(error instanceof AccessError && error.status === 404)) throw error;
    throw new AccessError("refused", `The realm "${realm}" has no flow "${alias}": name one in gate.flowToCopy.`);
  }
}

type Get = <T>(path: string, schema: z.ZodType<T>, query?: Record<string, string>) => Promise<T>;

async function clientIdOf(get: Get, realm: string, clientId: string): Promise<string> {
  const found = (await get("/clients", clientsAnswer, { clientId })).find(
    (candidate) => candidate.clientId === clientId,
  );
  if (!found) {
    throw new AccessError(
      "refused",
      `The realm "${realm}" has no client "${clientId}": create its OpenID Connect client, or name another one in keycloak.langfuseClient or gate.others.`,
    );
  }
  if (found.protocol !== undefined && found.protocol !== "openid-connect") {
    throw new AccessError(
      "refused",
      `The client "${clientId}" speaks ${found.protocol}; only OpenID Connect clients can be gated.`,
    );
  }
  return found.id;
}

/** A condition on a role that is not there never matches, and the gate would be open. */
async function requireRole(get: Get, realm: string, role: string): Promise<void> {
  await get(`/roles/${encodeURIComponent(role)}`, z.object({ name: z.literal(role) })).catch((error) => {
    if (!(error instanceof AccessError && error.status === 404)) throw error;
    throw new AccessError("refused", `The realm "${realm}" has no role "${role}": create it, or name another one.`);
  });
}

/** The marker is a scope of our own: one of others may mean something else, and marks whom they like. */
async function requireFreeScopes(get: Get, { gates }: GateSpecification, owner: string): Promise<void> {
  const found = await get("/client-scopes", scopesAnswer);
  for (const { scope } of gates) {
    const existing = found.find(({ name }) => name === scope);
    if (!existing || isOwned(existing.description ?? "", owner)) continue;
    throw new AccessError(
      "refused",
      `The realm has a client scope "${scope}" already, which this stack did not make: name another one in gate.scope or gate.others, or delete it if nothing uses it.`,
    );
  }
}

/** Without the client scope condition (before Keycloak 26.1) the gate could be declared but would never close. */
async function requireConditions(get: Get, realm: string): Promise<void> {
  const known = await get("/authentication/authenticator-providers", authenticatorsAnswer);
  for (const needed of ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"]) {
    if (known.some((authenticator) => authenticator.id === needed)) continue;
    throw new AccessError(
      "refused",
      `The Keycloak of realm "${realm}" has no authenticator "${needed}", so the login gate cannot be built: use Keycloak 26.1 or newer (26.7.3 is advised), or set gate.enabled to false.`,
    );
  }
}
