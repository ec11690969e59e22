import { z } from "zod";
import { pathSegment } from "#sync/http/path.ts";
import { restorableSetting } from "./restorable-setting.ts";

export interface PostFlowInputs {
  readonly realm: string;
  readonly identityProvider: string;
  readonly flow: string;
}

/** The whole representation is sent back, whatever is in it: the server takes what is missing for empty. */
const identityProviderAnswer = z.looseObject({ postBrokerLoginFlowAlias: z.string().nullish() });
const pathOf = ({ realm, identityProvider }: PostFlowInputs): string =>
  `/${pathSegment(realm)}/identity-provider/instances/${pathSegment(identityProvider)}`;

export const { diff, create, read, update, remove } = restorableSetting<PostFlowInputs>({
  identity: ["realm", "identityProvider"],
  value: "flow",
  only: ({ realm, identityProvider, flow }) => ({ realm, identityProvider, flow }),
  idOf: ({ realm, identityProvider }) => `${realm}/${identityProvider}`,
  get: async (api, inputs) => {
    const found = await api.send({ method: "GET", path: pathOf(inputs) }, identityProviderAnswer);
    return found.postBrokerLoginFlowAlias ?? "";
  },
  // The secret comes masked, and the server keeps the stored one when it gets the mask back.
  set: async (api, inputs, postBrokerLoginFlowAlias) => {
    const path = pathOf(inputs);
    const current = await api.send({ method: "GET", path }, identityProviderAnswer);
    await api.send({ method: "PUT", path, body: { ...current, postBrokerLoginFlowAlias } }, z.unknown());
  },
  // Only identity providers without a flow get this one.
  formerOf: () => "",
  ignored: ({ realm, identityProvider }, flow, found) =>
    `Keycloak was told to run "${flow}" after logins through the identity provider "${identityProvider}" of realm "${realm}" but reports "${found}". Check that the flow exists.`,
});
