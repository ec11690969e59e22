import { readFileSync } from "node:fs";
import { toDotPath } from "zod/v4/core";
import { address } from "../configuration/address.ts";
import { type Environment, type ReadFile, readVariable } from "../configuration/environment.ts";
import { AccessError } from "../errors.ts";
import type { AdminSignIn } from "./admin-api.ts";
import { gateDocumentSchema, gateSpecification } from "./settings.ts";
import type { GateSpecification } from "./specification.ts";

export interface GateEnvironment {
  readonly realm: string;
  readonly signIn: AdminSignIn;
  readonly specification: GateSpecification;
  /** False where the stack says that there is to be no gate. */
  readonly isEnabled: boolean;
}

/**
 * Reads `KEYCLOAK_URL` and `KEYCLOAK_REALM`, the sign-in from `GATE_KEYCLOAK_*` and the gate's settings from
 * `GATE_SETTINGS`, the stack's output `gateSettings`. An account of its own is
 * asked for, because the role sync's must not be able to read clients and flows.
 *
 * @throws AccessError `usage` with all problems at once; values that may be secrets are not in it
 */
export function readGateEnvironment(
  environment: Environment,
  readFile: ReadFile = (path) => readFileSync(path, "utf8"),
): GateEnvironment {
  const problems: string[] = [];
  const optional = (name: string): string | undefined => {
    const reading = readVariable(name, environment, readFile);
    if ("problem" in reading) problems.push(reading.problem);
    return "value" in reading ? reading.value : undefined;
  };
  const required = (name: string, meaning: string): string => {
    const before = problems.length;
    const value = optional(name);
    if (value === undefined && problems.length === before) problems.push(`${name} is not set; it is ${meaning}`);
    return value ?? "";
  };
  const url = required("KEYCLOAK_URL", "the address of Keycloak");
  const parsedUrl = address.safeParse(url);
  if (url !== "" && !parsedUrl.success) problems.push("KEYCLOAK_URL is no address; use http:// or https:// and a host");
  const realm = required("KEYCLOAK_REALM", "the name of the realm");
  const secret = required("GATE_KEYCLOAK_SECRET", "the secret of GATE_KEYCLOAK_CLIENT_ID, or a person's password");
  const username = optional("GATE_KEYCLOAK_USERNAME");
  const clientId = optional("GATE_KEYCLOAK_CLIENT_ID") ?? "admin-cli";
  const signInRealm = optional("GATE_KEYCLOAK_REALM") ?? "master";
  const parsed = gateDocumentSchema.safeParse(parseJson(optional("GATE_SETTINGS") ?? "{}"));
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      problems.push(
        `${["GATE_SETTINGS", ...(path.length > 0 ? [toDotPath(path)] : [])].join(" ")}: ${message}; write what "pulumi stack output gateSettings" answers`,
      );
    }
  }
  if (problems.length > 0 || !parsed.success) throw new AccessError("usage", problems.join("\n"));
  const { client, ...gate } = parsed.data;
  return {
    realm,
    signIn: { url: parsedUrl.data ?? url, realm: signInRealm, clientId, username, secret },
    specification: gateSpecification(gate, client),
    isEnabled: gate.enabled,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
