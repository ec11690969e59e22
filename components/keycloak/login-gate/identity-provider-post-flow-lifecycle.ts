import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { changedProperties } from "../../dynamic/inputs.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";
import { adminApi } from "../connection.ts";

export interface PostFlowInputs {
  readonly realm: string;
  readonly identityProvider: string;
  readonly flow: string;
}

export interface PostFlowOutputs extends PostFlowInputs {
  /** Empty when there was none. */
  readonly former: string;
  /** What this resource set. A refresh makes `flow` what it finds, and only our own flow may be taken away. */
  readonly own: string;
}

/** The whole representation is sent back, whatever is in it: the server takes what is missing for empty. */
const identityProviderAnswer = z.looseObject({ postBrokerLoginFlowAlias: z.string().nullish() });

export function diff(olds: PostFlowInputs, news: PostFlowInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties(olds, news, ["realm", "identityProvider"]).map(String);
  return { changes: replaces.length > 0 || olds.flow !== news.flow, replaces };
}

export async function create(
  inputs: PostFlowInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id: string; outs: PostFlowOutputs }> {
  const { realm, identityProvider, flow } = inputs;
  const bound = await postFlow(api, inputs);
  await set(api, inputs, flow);
  // A run whose answer was lost set it already; only identity providers without a flow get this one.
  const former = bound === flow ? "" : bound;
  return { id: `${realm}/${identityProvider}`, outs: { realm, identityProvider, flow, former, own: flow } };
}

export async function read(
  id: string,
  props: PostFlowOutputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id?: string; props?: PostFlowOutputs; inputs?: PostFlowInputs }> {
  const { realm, identityProvider, former, own } = props;
  const flow = await postFlow(api, props).catch(noneWhenGone);
  if (flow === undefined) return {};
  return { id, props: { realm, identityProvider, flow, former, own }, inputs: { realm, identityProvider, flow } };
}

export async function update(
  olds: PostFlowOutputs,
  news: PostFlowInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ outs: PostFlowOutputs }> {
  const { realm, identityProvider, flow } = news;
  await set(api, news, flow);
  return { outs: { realm, identityProvider, flow, former: olds.former, own: flow } };
}

/** Only undoes what is still in force: a flow that somebody else set since then stays. */
export async function remove(props: PostFlowOutputs, api: KeycloakAdminApi = adminApi()): Promise<void> {
  if ((await postFlow(api, props).catch(noneWhenGone)) === props.own) await set(api, props, props.former);
}

const pathOf = ({ realm, identityProvider }: PostFlowInputs): string =>
  `/${encodeURIComponent(realm)}/identity-provider/instances/${encodeURIComponent(identityProvider)}`;

async function postFlow(api: KeycloakAdminApi, inputs: PostFlowInputs): Promise<string> {
  const found = await api.send({ method: "GET", path: pathOf(inputs) }, identityProviderAnswer);
  return found.postBrokerLoginFlowAlias ?? "";
}

/** The identity provider is gone, and its flow with it. */
function noneWhenGone(error: unknown): undefined {
  if (error instanceof AccessError && error.status === 404) return undefined;
  throw error;
}

/** The secret comes masked, and the server keeps the stored one when it gets the mask back. */
async function set(api: KeycloakAdminApi, inputs: PostFlowInputs, flow: string): Promise<void> {
  const path = pathOf(inputs);
  const current = await api.send({ method: "GET", path }, identityProviderAnswer);
  await api.send({ method: "PUT", path, body: { ...current, postBrokerLoginFlowAlias: flow } }, z.unknown());
  const bound = await postFlow(api, inputs);
  if (bound === flow) return;
  throw new AccessError(
    "incomplete",
    `Keycloak was told to run "${flow}" after logins through the identity provider "${inputs.identityProvider}" of realm "${inputs.realm}" but reports "${bound}". Check that the flow exists.`,
  );
}
