import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { changedProperties } from "../../dynamic/inputs.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";
import { adminApi } from "../connection.ts";

export interface BindingInputs {
  readonly realm: string;
  readonly flow: string;
  /** Bound again on deletion when nothing is known of the time before. */
  readonly fallback: string;
}

export interface BindingOutputs extends BindingInputs {
  readonly former: string;
  /** What this resource bound. A refresh makes `flow` what it finds, and only our own binding may be undone. */
  readonly own: string;
}

const realmAnswer = z.object({ browserFlow: z.string() });

export function diff(olds: BindingInputs, news: BindingInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties(olds, news, ["realm"]).map(String);
  return { changes: replaces.length > 0 || changedProperties(olds, news, ["flow", "fallback"]).length > 0, replaces };
}

export async function create(
  { realm, flow, fallback }: BindingInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id: string; outs: BindingOutputs }> {
  const bound = await boundFlow(api, realm);
  await bind(api, realm, flow);
  // A run whose answer was lost bound it already.
  const former = bound === flow ? fallback : bound;
  return { id: `${realm}/browser`, outs: { realm, flow, fallback, former, own: flow } };
}

export async function read(
  id: string,
  props: BindingOutputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id?: string; props?: BindingOutputs; inputs?: BindingInputs }> {
  const { realm, fallback, former, own } = props;
  const flow = await boundFlow(api, realm).catch(noneWhenGone);
  if (flow === undefined) return {};
  return { id, props: { realm, flow, fallback, former, own }, inputs: { realm, flow, fallback } };
}

export async function update(
  olds: BindingOutputs,
  { realm, flow, fallback }: BindingInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ outs: BindingOutputs }> {
  await bind(api, realm, flow);
  return { outs: { realm, flow, fallback, former: olds.former, own: flow } };
}

/** Only undoes what is still in force: a binding that somebody else made since then stays. */
export async function remove(
  { realm, own, former }: BindingOutputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<void> {
  if ((await boundFlow(api, realm).catch(noneWhenGone)) === own) await bind(api, realm, former);
}

async function boundFlow(api: KeycloakAdminApi, realm: string): Promise<string> {
  return (await api.send({ method: "GET", path: `/${encodeURIComponent(realm)}` }, realmAnswer)).browserFlow;
}

/** The realm is gone, and its bindings with it. */
function noneWhenGone(error: unknown): undefined {
  if (error instanceof AccessError && error.status === 404) return undefined;
  throw error;
}

/** The server changes what a realm update names and leaves the rest; it is read back, because a wrong alias is ignored. */
async function bind(api: KeycloakAdminApi, realm: string, flow: string): Promise<void> {
  const path = `/${encodeURIComponent(realm)}`;
  await api.send({ method: "PUT", path, body: { realm, browserFlow: flow } }, z.unknown());
  const bound = await boundFlow(api, realm);
  if (bound === flow) return;
  throw new AccessError(
    "incomplete",
    `Keycloak was told to bind the browser flow "${flow}" in realm "${realm}" but reports "${bound}".`,
  );
}
