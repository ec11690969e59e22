import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { DEFAULT_LOGIN, type LoginOptions } from "./login/options.ts";
import { ROLES } from "./state/model.ts";

/** The part of a server's options that the environment of the real server decides. */
export interface EnvironmentOptions {
  readonly externalUrl: string | undefined;
  readonly adminApiKey: string | undefined;
  readonly login: LoginOptions;
}

const text = z.string().min(1).optional();
const flag = z.enum(["true", "false"]).optional();
const role = z.enum(ROLES).optional();

const schema = z.object({
  NEXTAUTH_URL: z.url({ protocol: /^https?$/ }).optional(),
  ADMIN_API_KEY: text,
  AUTH_KEYCLOAK_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  AUTH_KEYCLOAK_CLIENT_ID: text,
  AUTH_KEYCLOAK_CLIENT_SECRET: text,
  AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING: flag,
  AUTH_DISABLE_SIGNUP: flag,
  LANGFUSE_DEFAULT_ORG_ID: text,
  LANGFUSE_DEFAULT_ORG_ROLE: role,
  LANGFUSE_DEFAULT_PROJECT_ID: text,
  LANGFUSE_DEFAULT_PROJECT_ROLE: role,
});

/** Reads the variables that the real server knows. An unusable value is a usage error that names the variable. */
export function parseEnvironment(environment: NodeJS.ProcessEnv): EnvironmentOptions {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new AccessError("usage", `environment of the Langfuse stand-in: ${faults.join("; ")}`);
  }
  const set = parsed.data;
  return {
    externalUrl: set.NEXTAUTH_URL,
    adminApiKey: set.ADMIN_API_KEY,
    login: {
      issuer: set.AUTH_KEYCLOAK_ISSUER ?? DEFAULT_LOGIN.issuer,
      clientId: set.AUTH_KEYCLOAK_CLIENT_ID ?? DEFAULT_LOGIN.clientId,
      clientSecret: set.AUTH_KEYCLOAK_CLIENT_SECRET ?? DEFAULT_LOGIN.clientSecret,
      allowAccountLinking: set.AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING === "true",
      disableSignUp: set.AUTH_DISABLE_SIGNUP === "true",
      defaultOrganizationIds: list(set.LANGFUSE_DEFAULT_ORG_ID),
      defaultOrganizationRole: set.LANGFUSE_DEFAULT_ORG_ROLE ?? DEFAULT_LOGIN.defaultOrganizationRole,
      defaultProjectIds: list(set.LANGFUSE_DEFAULT_PROJECT_ID),
      defaultProjectRole: set.LANGFUSE_DEFAULT_PROJECT_ROLE ?? DEFAULT_LOGIN.defaultProjectRole,
    },
  };
}

/** Ids are separated by commas. */
function list(value = ""): string[] {
  return value
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "");
}
