import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";
import type { FlatExecution } from "./replica.ts";

/** What the gate has to know of a realm before anything is declared. */
export interface RealmFacts {
  /** Internal id of Langfuse's client. */
  readonly client: string;
  /** Flow that browser logins run at this moment. */
  readonly boundFlow: string;
  /** Executions of the flow to be copied. */
  readonly executions: readonly FlatExecution[];
}

const realmAnswer = z.object({ browserFlow: z.string() });
const clientsAnswer = z.array(z.object({ id: z.string(), clientId: z.string(), protocol: z.string().optional() }));
const executionsAnswer = z.array(
  z.object({
    level: z.number(),
    requirement: z.string(),
    displayName: z.string().optional(),
    providerId: z.string().optional(),
    authenticationFlow: z.boolean().optional(),
    authenticationConfig: z.string().optional(),
  }),
);
const configAnswer = z.object({ alias: z.string(), config: z.record(z.string(), z.string()).default({}) });
const authenticatorsAnswer = z.array(z.object({ id: z.string() }));

/** Reads them, and refuses a realm the gate cannot hold in; nothing is changed. */
export async function readRealmFacts(
  api: KeycloakAdminApi,
  options: { readonly realm: string; readonly langfuseClient: string; readonly flowToCopy: string },
): Promise<RealmFacts> {
  const { realm, langfuseClient, flowToCopy } = options;
  const get = <T>(path: string, schema: z.ZodType<T>, query: Record<string, string> = {}) =>
    api.send({ method: "GET", path: `/${encodeURIComponent(realm)}${path}`, query }, schema);

  await requireConditions(get, realm);
  const { browserFlow } = await get("", realmAnswer);
  const clients = await get("/clients", clientsAnswer, { clientId: langfuseClient });
  const client = clients.find((candidate) => candidate.clientId === langfuseClient);
  if (!client) {
    throw new AccessError(
      "refused",
      `The realm "${realm}" has no client "${langfuseClient}": create Langfuse's OpenID Connect client, or name it in keycloak.langfuseClient.`,
    );
  }
  if (client.protocol !== undefined && client.protocol !== "openid-connect") {
    throw new AccessError(
      "refused",
      `The client "${langfuseClient}" speaks ${client.protocol}; only OpenID Connect clients can be gated.`,
    );
  }
  const rows = await get(`/authentication/flows/${encodeURIComponent(flowToCopy)}/executions`, executionsAnswer);
  const executions = [];
  for (const { authenticationConfig, ...row } of rows) {
    const found = authenticationConfig && (await get(`/authentication/config/${authenticationConfig}`, configAnswer));
    executions.push({ ...row, ...(found ? { config: { alias: found.alias, values: found.config } } : {}) });
  }
  return { client: client.id, boundFlow: browserFlow, executions };
}

/** Without the client scope condition (before Keycloak 26.1) the gate could be declared but would never close. */
async function requireConditions(
  get: <T>(path: string, schema: z.ZodType<T>) => Promise<T>,
  realm: string,
): Promise<void> {
  const known = await get("/authentication/authenticator-providers", authenticatorsAnswer);
  for (const needed of ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"]) {
    if (known.some((authenticator) => authenticator.id === needed)) continue;
    throw new AccessError(
      "refused",
      `The Keycloak of realm "${realm}" has no authenticator "${needed}", so the login gate cannot be built: use Keycloak 26.1 or newer (26.7.3 is advised), or set gate.enabled to false.`,
    );
  }
}
