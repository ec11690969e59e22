import { type Environment, type ReadFile, VariableReader } from "../configuration/environment.ts";

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
export function bootstrapConfiguration(environment: Environment, readFile?: ReadFile): BootstrapConfiguration {
  const variables = new VariableReader(environment, readFile);
  const required = (name: keyof typeof BOOTSTRAP_VARIABLES) => variables.required([name], BOOTSTRAP_VARIABLES[name]);
  const configuration = {
    langfuseUrl: required("LANGFUSE_URL"),
    organizationId: required("LANGFUSE_ORG_ID"),
    adminApiKey: required("ADMIN_API_KEY"),
    secretName: variables.optional("BOOTSTRAP_SECRET") ?? DEFAULT_SECRET,
  };
  if (URL.parse(configuration.langfuseUrl) === null && environment.LANGFUSE_URL) {
    variables.reject(`LANGFUSE_URL is "${configuration.langfuseUrl}"; write http:// or https:// and a host`);
  }
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(configuration.secretName)) {
    variables.reject(
      `BOOTSTRAP_SECRET is "${configuration.secretName}"; use lower-case letters, digits, "-" and ".", as Kubernetes wants`,
    );
  }
  variables.finish();
  return configuration;
}
