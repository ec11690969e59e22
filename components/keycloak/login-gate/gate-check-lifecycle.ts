import { AccessError } from "#sync/errors.ts";
import { checkGate } from "#sync/gate/check.ts";
import { readRealmModel } from "#sync/gate/realm-model-reading.ts";
import { findingsText } from "#sync/gate/report.ts";
import type { GateSpecification } from "#sync/gate/specification.ts";
import { changedProperties } from "../../dynamic/inputs.ts";
import type { KeycloakAdminApi } from "../admin-api.ts";
import { adminApi } from "../connection.ts";

export interface GateCheckInputs {
  readonly realm: string;
  /** A `GateSpecification` as JSON. */
  readonly specification: string;
  /** Aliases of the flows that hold the gates: other flows are looked at anew. */
  readonly flows: readonly string[];
}

export function diff(olds: GateCheckInputs, news: GateCheckInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties(olds, news, ["realm"]).map(String);
  return { changes: changedProperties(olds, news, ["realm", "specification", "flows"]).length > 0, replaces };
}

export async function create(
  inputs: GateCheckInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ id: string; outs: GateCheckInputs }> {
  return { id: `${inputs.realm}/gate`, outs: await checked(inputs, api) };
}

export async function update(
  inputs: GateCheckInputs,
  api: KeycloakAdminApi = adminApi(),
): Promise<{ outs: GateCheckInputs }> {
  return { outs: await checked(inputs, api) };
}

async function checked(
  { realm, specification, flows }: GateCheckInputs,
  api: KeycloakAdminApi,
): Promise<GateCheckInputs> {
  // Whether somebody holds a role was looked at before the first change; the roles may be new and without holders now.
  const declared = { ...(JSON.parse(specification) as GateSpecification), mayBeEmpty: true };
  const findings = checkGate(await readRealmModel(api, realm, declared), declared);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    throw new AccessError(
      "refused",
      `The login gate of realm "${realm}" is declared and bound, but does not hold:\n${findingsText(errors)}`,
    );
  }
  return { realm, specification, flows };
}
