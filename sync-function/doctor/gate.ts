import type { Environment } from "../configuration/environment.ts";
import { type AdminApi, createAdminApi } from "../gate/admin-api.ts";
import { checkGate } from "../gate/check.ts";
import { type GateEnvironment, readGateEnvironment } from "../gate/environment.ts";
import { readRealmModel } from "../gate/realm-model-reading.ts";
import type { GateSpecification } from "../gate/specification.ts";
import { type Finding, failure, findingOf, info, ok, warning } from "./finding.ts";

const CHECK = "Login gate";

/** What `gate check` finds, where the environment has an account for it: the role sync's own may not read flows. */
export async function examineGate(environment: Environment, signal: AbortSignal): Promise<readonly Finding[]> {
  if (!environment.GATE_KEYCLOAK_SECRET && !environment.GATE_KEYCLOAK_SECRET_FILE) {
    return [info(CHECK, "not looked at", "set GATE_KEYCLOAK_SECRET and the like, or run gate check elsewhere")];
  }
  let gate: GateEnvironment;
  try {
    gate = readGateEnvironment(environment);
  } catch (error) {
    return [findingOf(CHECK, error)];
  }
  if (!gate.isEnabled) return [info(CHECK, "switched off by GATE_SETTINGS")];
  return await examineRealmGate(
    createAdminApi(gate.signIn, () => "check GATE_KEYCLOAK_*", { signal }),
    gate.realm,
    gate.specification,
  );
}

export async function examineRealmGate(
  api: AdminApi,
  realm: string,
  specification: GateSpecification,
): Promise<readonly Finding[]> {
  try {
    const findings = checkGate(await readRealmModel(api, realm, specification), specification);
    if (findings.length === 0) return [ok(CHECK, "it holds")];
    return findings.map(({ severity, fact, remedy }) =>
      (severity === "error" ? failure : warning)(CHECK, fact, remedy),
    );
  } catch (error) {
    return [findingOf(CHECK, error)];
  }
}
