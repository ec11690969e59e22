import { deadline } from "../deadline.ts";
import { AccessError } from "../errors.ts";
import { createAdminApi } from "../gate/admin-api.ts";
import { checkGate } from "../gate/check.ts";
import { declaredRealm } from "../gate/declared-realm.ts";
import { readGateEnvironment } from "../gate/environment.ts";
import type { Person } from "../gate/login.ts";
import { readPerson } from "../gate/people.ts";
import type { RealmModel } from "../gate/realm-model.ts";
import { readRealmModel } from "../gate/realm-model-reading.ts";
import { findingsText, loginsOf, simulationText } from "../gate/report.ts";
import type { GateSpecification } from "../gate/specification.ts";
import { suggestion } from "../nearest.ts";
import { hasFlag } from "./arguments.ts";
import type { Command } from "./context.ts";

/** Longest examination in milliseconds. */
const DEADLINE = 2 * 60_000;
const verbs = ["check", "simulate", "explain"];

/** `gate check`, `gate simulate` and `gate explain EMAIL CLIENT`; each reads the live realm and changes nothing. */
export const gateCommand: Command = async ({ environment, print, stop }, options) => {
  const { operands, json } = options;
  const [verb = "", email, client] = operands;
  if (!verbs.includes(verb)) {
    throw new AccessError("usage", `gate has no "${verb}"${suggestion(verb, verbs)}; use one of ${verbs.join(", ")}`);
  }
  if (verb === "explain" ? client === undefined : email !== undefined) {
    throw new AccessError(
      "usage",
      `gate ${verb} takes ${verb === "explain" ? "EMAIL and CLIENT" : "nothing behind it"}`,
    );
  }
  const { realm, signIn, specification, isEnabled } = readGateEnvironment(environment);
  if (!isEnabled) {
    throw new AccessError("usage", "GATE_SETTINGS says enabled: false, so there is no gate to look at");
  }
  using limit = deadline(DEADLINE, stop);
  const api = createAdminApi(signIn, advise, { signal: limit.signal });
  const live = await readRealmModel(api, realm, specification);
  if (verb === "check") {
    const findings = checkGate(live, specification);
    const exitCode = findings.some(({ severity }) => severity === "error") ? 2 : 0;
    print(json ? JSON.stringify({ command: "gate check", exitCode, findings }) : findingsText(findings));
    return exitCode;
  }
  const model = hasFlag(options, "--declared") ? declaredRealm(live, specification) : live;
  const logins =
    email !== undefined && client !== undefined
      ? loginsOf(model, { [email]: await readPerson(api, realm, email) }, [known(client, model)])
      : loginsOf(model, examplePeople(specification), exampleClients(model, specification));
  print(json ? JSON.stringify({ command: `gate ${verb}`, exitCode: 0, logins }) : simulationText(logins));
  return 0;
};

function known(client: string, { clients, name }: RealmModel): string {
  const ids = clients.map(({ clientId }) => clientId);
  if (ids.includes(client)) return client;
  throw new AccessError("usage", `the realm "${name}" has no client "${client}"${suggestion(client, ids)}`);
}

function examplePeople({ gates }: GateSpecification): Record<string, Person> {
  const roles = gates.map(({ role }) => role);
  return {
    "with every role": { enabled: true, roles, otp: false },
    "without a role": { enabled: true, roles: [], otp: false },
  };
}

/** The gated clients, and one that is not, for comparison. */
function exampleClients({ clients }: RealmModel, { gates }: GateSpecification): string[] {
  const other = clients.find(({ clientId }) => clientId === "account")?.clientId;
  return [...gates.map(({ client }) => client), ...(other === undefined ? [] : [other])];
}

function advise(status: number): string | undefined {
  if (status === 400 || status === 401) return "check GATE_KEYCLOAK_CLIENT_ID, _USERNAME, _SECRET and _REALM";
  if (status === 403) return "the account needs view-realm, view-clients, view-users and view-identity-providers";
  return undefined;
}
