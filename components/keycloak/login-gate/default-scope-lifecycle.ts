import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { changedProperties } from "../../dynamic/inputs.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";
import { adminApi } from "../connection.ts";

export interface DefaultScopeInputs {
  readonly realm: string;
  readonly client: string;
  readonly scopeId: string;
  readonly scopeName: string;
}

export interface DefaultScopeOutputs extends DefaultScopeInputs {
  /** How the scope was linked before; restored on deletion. */
  readonly former: "none" | "optional" | "default";
}

const scopes = z.array(z.object({ id: z.string(), name: z.string() }));

/** Every property is part of what the link is. */
export function diff(olds: DefaultScopeInputs, news: DefaultScopeInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties(olds, news, ["realm", "client", "scopeId"]).map(String);
  return { changes: replaces.length > 0 || olds.scopeName !== news.scopeName, replaces };
}

/**
 * The server answers 204 and does nothing when the scope is linked as optional already, which would leave the gate open
 * for every request that does not ask for the scope: an optional link is removed first, and the result is read back.
 */
export async function create(
  inputs: DefaultScopeInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id: string; outs: DefaultScopeOutputs }> {
  const isOptional = await isLinked(api, inputs, "optional");
  const former = isOptional ? "optional" : (await isLinked(api, inputs, "default")) ? "default" : "none";
  if (isOptional) await unlink(api, inputs, "optional");
  await api.send({ method: "PUT", path: linkPath(inputs, "default") }, z.unknown());
  if (!(await isLinked(api, inputs, "default"))) {
    throw new AccessError(
      "incomplete",
      `Keycloak was told to make "${inputs.scopeName}" a default scope of client ${inputs.client} but does not list it. Check that the client is an OpenID Connect client.`,
    );
  }
  const { realm, client, scopeId, scopeName } = inputs;
  return { id: `${realm}/${client}/${scopeId}`, outs: { realm, client, scopeId, scopeName, former } };
}

/** The link goes by the scope's id: another name changes only what is stored. */
export function update(
  { former }: DefaultScopeOutputs,
  { realm, client, scopeId, scopeName }: DefaultScopeInputs,
): { outs: DefaultScopeOutputs } {
  return { outs: { realm, client, scopeId, scopeName, former } };
}

export async function read(
  id: string,
  props: DefaultScopeOutputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id?: string; props?: DefaultScopeOutputs; inputs?: DefaultScopeInputs }> {
  if (!(await isLinked(api, props, "default"))) return {};
  const { realm, client, scopeId, scopeName, former } = props;
  const current = { realm, client, scopeId, scopeName };
  return { id, props: { ...current, former }, inputs: current };
}

export async function remove(props: DefaultScopeOutputs, api: KeycloakAdminApi = adminApi()): Promise<void> {
  if (props.former === "default" || !(await isLinked(api, props, "default"))) return;
  await unlink(api, props, "default");
  if (props.former === "optional") await api.send({ method: "PUT", path: linkPath(props, "optional") }, z.unknown());
}

type Kind = "default" | "optional";

function listPath({ realm, client }: DefaultScopeInputs, kind: Kind): string {
  return `/${encodeURIComponent(realm)}/clients/${encodeURIComponent(client)}/${kind}-client-scopes`;
}

function linkPath(inputs: DefaultScopeInputs, kind: Kind): string {
  return `${listPath(inputs, kind)}/${encodeURIComponent(inputs.scopeId)}`;
}

async function unlink(api: KeycloakAdminApi, inputs: DefaultScopeInputs, kind: Kind): Promise<void> {
  await api.send({ method: "DELETE", path: linkPath(inputs, kind) }, z.unknown());
}

async function isLinked(api: KeycloakAdminApi, inputs: DefaultScopeInputs, kind: Kind): Promise<boolean> {
  const linked = await api.send({ method: "GET", path: listPath(inputs, kind) }, scopes).catch((error) => {
    if (error instanceof AccessError && error.status === 404) return [];
    throw error;
  });
  return linked.some((scope) => scope.id === inputs.scopeId);
}
