import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { changedProperties } from "../../dynamic/inputs.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";
import { adminApi } from "../connection.ts";

export interface OverrideInputs {
  readonly realm: string;
  /** Internal id of the client. */
  readonly client: string;
  /** Internal id of the flow. */
  readonly flowId: string;
}

export interface OverrideOutputs extends OverrideInputs {
  /** Id of the flow that the client ran before; empty when it ran the realm's. */
  readonly former: string;
  /** What this resource set. A refresh makes `flowId` what it finds, and only our own override may be taken away. */
  readonly own: string;
}

/** The whole representation is sent back: what a client has besides is not ours. */
const clientAnswer = z.looseObject({
  authenticationFlowBindingOverrides: z.record(z.string(), z.string().nullish()).default({}),
});

export function diff(olds: OverrideInputs, news: OverrideInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties(olds, news, ["realm", "client"]).map(String);
  return { changes: replaces.length > 0 || olds.flowId !== news.flowId, replaces };
}

export async function create(
  inputs: OverrideInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id: string; outs: OverrideOutputs }> {
  const { realm, client, flowId } = inputs;
  const found = await override(api, inputs);
  await set(api, inputs, flowId);
  // A run whose answer was lost set it already.
  const former = found === flowId ? "" : found;
  return { id: `${realm}/${client}/browser`, outs: { realm, client, flowId, former, own: flowId } };
}

export async function read(
  id: string,
  props: OverrideOutputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id?: string; props?: OverrideOutputs; inputs?: OverrideInputs }> {
  const { realm, client, former, own } = props;
  const flowId = await override(api, props).catch(noneWhenGone);
  if (flowId === undefined) return {};
  return { id, props: { realm, client, flowId, former, own }, inputs: { realm, client, flowId } };
}

export async function update(
  olds: OverrideOutputs,
  news: OverrideInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ outs: OverrideOutputs }> {
  const { realm, client, flowId } = news;
  await set(api, news, flowId);
  return { outs: { realm, client, flowId, former: olds.former, own: flowId } };
}

/** Only undoes what is still in force: an override that somebody else made since then stays. */
export async function remove(props: OverrideOutputs, api: KeycloakAdminApi = adminApi()): Promise<void> {
  if ((await override(api, props).catch(noneWhenGone)) === props.own) await set(api, props, props.former);
}

const pathOf = ({ realm, client }: OverrideInputs): string =>
  `/${encodeURIComponent(realm)}/clients/${encodeURIComponent(client)}`;

async function override(api: KeycloakAdminApi, inputs: OverrideInputs): Promise<string> {
  const found = await api.send({ method: "GET", path: pathOf(inputs) }, clientAnswer);
  return found.authenticationFlowBindingOverrides.browser ?? "";
}

/** The client is gone, and its override with it. */
function noneWhenGone(error: unknown): undefined {
  if (error instanceof AccessError && error.status === 404) return undefined;
  throw error;
}

/** The server takes an empty id for none. */
async function set(api: KeycloakAdminApi, inputs: OverrideInputs, flowId: string): Promise<void> {
  const path = pathOf(inputs);
  const current = await api.send({ method: "GET", path }, clientAnswer);
  const authenticationFlowBindingOverrides = { ...current.authenticationFlowBindingOverrides, browser: flowId };
  await api.send({ method: "PUT", path, body: { ...current, authenticationFlowBindingOverrides } }, z.unknown());
  const found = await override(api, inputs);
  if (found === flowId) return;
  throw new AccessError(
    "incomplete",
    `Keycloak was told to run the flow ${flowId} at logins to client ${inputs.client} of realm "${inputs.realm}" but reports "${found}". Check that the flow exists.`,
  );
}
