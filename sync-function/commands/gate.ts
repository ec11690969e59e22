import { AccessError } from "../errors.ts";
import { createAdminApi } from "../gate/admin-api.ts";
import { checkGate } from "../gate/check.ts";
import { readGateEnvironment } from "../gate/environment.ts";
import type { Person } from "../gate/login.ts";
import { readPerson } from "../gate/people.ts";
import { readRealmModel } from "../gate/realm-model-reading.ts";
import { findingsText, loginsOf, type SimulatedLogin, simulationText } from "../gate/report.ts";
import { suggestion } from "../nearest.ts";
import { flagValue } from "./arguments.ts";
import type { Command } from "./context.ts";

/** Longest examination in milliseconds. */
const DEADLINE = 2 * 60_000;
const verbs = ["check", "simulate", "explain"];

/** `gate check`, `gate simulate` and `gate explain --person EMAIL --client CLIENT`; each reads the live realm and changes nothing. */
export const gateCommand: Command = async ({ environment, print, stop }, options) => {
  const { operands, json } = options;
  const [verb = ""] = operands;
  const [email, client] = [flagValue(options, "--person"), flagValue(options, "--client")];
  if (!verbs.includes(verb)) {
    throw new AccessError("usage", `gate has no "${verb}"${suggestion(verb, verbs)}; use one of ${verbs.join(", ")}`);
  }
  if (verb === "explain" && (email === undefined || client === undefined)) {
    throw new AccessError("usage", "gate explain needs --person EMAIL and --client CLIENT");
  }
  const { realm, signIn, specification } = readGateEnvironment(environment);
  const signal = AbortSignal.any([stop, AbortSignal.timeout(DEADLINE)]);
  const api = createAdminApi(signIn, advise, { signal });
  const model = await readRealmModel(api, realm, specification);
  if (verb === "check") {
    const findings = checkGate(model, specification);
    const exitCode = findings.some(({ severity }) => severity === "error") ? 2 : 0;
    print(json ? JSON.stringify({ command: "gate check", exitCode, findings }) : findingsText(findings));
    return exitCode;
  }
  let logins: SimulatedLogin[];
  if (verb === "explain" && email !== undefined && client !== undefined) {
    logins = loginsOf(model, { [email]: await readPerson(api, realm, email) }, [client]);
  } else {
    const roles = specification.gates.map(({ role }) => role);
    const people: Record<string, Person> = {
      "with every role": { enabled: true, roles, otp: false },
      "without a role": { enabled: true, roles: [], otp: false },
    };
    const gated = specification.gates.map((gate) => gate.client);
    const other = model.clients.find(({ clientId }) => clientId === "account")?.clientId;
    logins = loginsOf(model, people, other === undefined ? gated : [...gated, other]);
  }
  print(json ? JSON.stringify({ command: `gate ${verb}`, exitCode: 0, logins }) : simulationText(logins));
  return 0;
};

function advise(status: number): string | undefined {
  if (status === 400 || status === 401) return "check GATE_KEYCLOAK_CLIENT_ID, _USERNAME, _SECRET and _REALM";
  if (status === 403) return "the account needs view-realm, view-clients, view-users and view-identity-providers";
  return undefined;
}
