import { z } from "zod";
import { pathSegment } from "#sync/http/path.ts";
import { restorableSetting } from "./restorable-setting.ts";

export interface OverrideInputs {
  readonly realm: string;
  /** Internal id of the client. */
  readonly client: string;
  /** Internal id of the flow. */
  readonly flowId: string;
}

/** The whole representation is sent back: what a client has besides is not ours. */
const clientAnswer = z.looseObject({
  authenticationFlowBindingOverrides: z.record(z.string(), z.string().nullish()).default({}),
});
const pathOf = ({ realm, client }: OverrideInputs): string => `/${pathSegment(realm)}/clients/${pathSegment(client)}`;

export const { diff, create, read, update, remove } = restorableSetting<OverrideInputs>({
  identity: ["realm", "client"],
  value: "flowId",
  only: ({ realm, client, flowId }) => ({ realm, client, flowId }),
  idOf: ({ realm, client }) => `${realm}/${client}/browser`,
  get: async (api, inputs) => {
    const found = await api.send({ method: "GET", path: pathOf(inputs) }, clientAnswer);
    return found.authenticationFlowBindingOverrides.browser ?? "";
  },
  // The server takes an empty id for none.
  set: async (api, inputs, browser) => {
    const path = pathOf(inputs);
    const current = await api.send({ method: "GET", path }, clientAnswer);
    const authenticationFlowBindingOverrides = { ...current.authenticationFlowBindingOverrides, browser };
    await api.send({ method: "PUT", path, body: { ...current, authenticationFlowBindingOverrides } }, z.unknown());
  },
  formerOf: () => "",
  ignored: ({ realm, client }, flowId, found) =>
    `Keycloak was told to run the flow ${flowId} at logins to client ${client} of realm "${realm}" but reports "${found}". Check that the flow exists.`,
});
