import { type Environment, type ReadFile, VariableReader } from "../configuration/environment.ts";
import { suggestion } from "../nearest.ts";
import { ALGORITHMS, type Algorithm, type Credentials } from "./authentication.ts";
import { WEBHOOK_VARIABLES } from "./variables.ts";

export interface WebhookConfiguration extends Credentials {
  readonly port: number;
}

const SHORTEST_SECRET = 16;

/** @throws AccessError `usage` with one line for every problem */
export function webhookConfiguration(environment: Environment, readFile?: ReadFile): WebhookConfiguration {
  const variables = new VariableReader(environment, readFile);
  const secrets = {
    WEBHOOK_SECRET: variables.required(["WEBHOOK_SECRET"], WEBHOOK_VARIABLES.WEBHOOK_SECRET),
    WEBHOOK_PREVIOUS_SECRET: variables.optional("WEBHOOK_PREVIOUS_SECRET") ?? "",
  };
  for (const [name, value] of Object.entries(secrets)) {
    if (value === "" || value.length >= SHORTEST_SECRET) continue;
    variables.reject(
      `${name} has ${value.length} characters, which can be guessed; use ${SHORTEST_SECRET} or more, as of openssl rand -hex 32`,
    );
  }
  const algorithm = variables.optional("WEBHOOK_ALGORITHM") ?? "HmacSHA256";
  const names = Object.keys(ALGORITHMS);
  if (!isAlgorithm(algorithm)) {
    variables.reject(`WEBHOOK_ALGORITHM is "${algorithm}"${suggestion(algorithm, names)}; use ${names.join(" or ")}`);
  }
  const port = variables.optional("WEBHOOK_PORT") ?? "8080";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    variables.reject(`WEBHOOK_PORT is "${port}"; write a number from 0 to 65535`);
  }
  const username = variables.optional("WEBHOOK_USERNAME") ?? "keycloak";
  variables.finish();
  return {
    secrets: Object.values(secrets).filter((secret) => secret !== ""),
    username,
    algorithm: isAlgorithm(algorithm) ? algorithm : "HmacSHA256",
    port: Number(port),
  };
}

function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(ALGORITHMS, name);
}
