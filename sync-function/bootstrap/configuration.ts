import { readFileSync } from "node:fs";
import { readVariable } from "../configuration/environment.ts";
import { AccessError } from "../errors.ts";

/** What `bootstrap` reads beside `KUBERNETES_…`; each also as `NAME_FILE`. */
export const BOOTSTRAP_VARIABLES = {
  LANGFUSE_URL: "address of Langfuse",
  LANGFUSE_ORG_ID: "id of the organization that gets the key",
  ADMIN_API_KEY: "the Langfuse server's own key",
  BOOTSTRAP_SECRET: "name of the Secret, optional",
} as const;

export interface BootstrapConfiguration {
  readonly langfuseUrl: string;
  readonly organizationId: string;
  readonly adminApiKey: string;
  /** Name of the Secret. */
  readonly secretName: string;
}

const DEFAULT_SECRET = "langfuse-organization-key";

/** @throws AccessError `usage` with one line for every problem */
export function bootstrapConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): BootstrapConfiguration {
  const problems: string[] = [];
  const valueFor = (name: keyof typeof BOOTSTRAP_VARIABLES): string | undefined => {
    const reading = readVariable(name, environment, readFile);
    if (!("problem" in reading)) return reading.value;
    problems.push(reading.problem);
    return undefined;
  };
  const required = (name: keyof typeof BOOTSTRAP_VARIABLES): string => {
    const before = problems.length;
    const value = valueFor(name);
    if (value === undefined && problems.length === before) {
      problems.push(
        `${name} is not set; set it to ${BOOTSTRAP_VARIABLES[name]}, or ${name}_FILE to a file that holds it`,
      );
    }
    return value ?? "";
  };
  const configuration = {
    langfuseUrl: required("LANGFUSE_URL"),
    organizationId: required("LANGFUSE_ORG_ID"),
    adminApiKey: required("ADMIN_API_KEY"),
    secretName: valueFor("BOOTSTRAP_SECRET") ?? DEFAULT_SECRET,
  };
  if (URL.parse(configuration.langfuseUrl) === null && environment.LANGFUSE_URL) {
    problems.push(`LANGFUSE_URL is "${configuration.langfuseUrl}"; write http:// or https:// and a host`);
  }
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(configuration.secretName)) {
    problems.push(
      `BOOTSTRAP_SECRET is "${configuration.secretName}"; use lower-case letters, digits, "-" and ".", as Kubernetes wants`,
    );
  }
  if (problems.length > 0) throw new AccessError("usage", problems.join("\n"));
  return configuration;
}
