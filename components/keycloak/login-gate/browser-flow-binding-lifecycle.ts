import { z } from "zod";
import { pathSegment } from "#sync/http/path.ts";
import { restorableSetting } from "./restorable-setting.ts";

export interface BindingInputs {
  readonly realm: string;
  readonly flow: string;
  /** Bound again on deletion when nothing is known of the time before. */
  readonly fallback: string;
}

const realmAnswer = z.object({ browserFlow: z.string() });
const pathOf = ({ realm }: BindingInputs): string => `/${pathSegment(realm)}`;

export const { diff, create, read, update, remove } = restorableSetting<BindingInputs>({
  identity: ["realm"],
  value: "flow",
  only: ({ realm, flow, fallback }) => ({ realm, flow, fallback }),
  idOf: ({ realm }) => `${realm}/browser`,
  get: async (api, inputs) => (await api.send({ method: "GET", path: pathOf(inputs) }, realmAnswer)).browserFlow,
  // The server changes what a realm update names and leaves the rest.
  set: async (api, inputs, browserFlow) => {
    await api.send({ method: "PUT", path: pathOf(inputs), body: { realm: inputs.realm, browserFlow } }, z.unknown());
  },
  formerOf: ({ fallback }) => fallback,
  ignored: ({ realm }, flow, found) =>
    `Keycloak was told to bind the browser flow "${flow}" in realm "${realm}" but reports "${found}".`,
});
