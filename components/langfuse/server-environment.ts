import type { ServerSettings } from "./server-settings.ts";
import type { SignIn } from "./sign-in.ts";

/** What a default organization or project is when the settings name none; `undefined` when the stack declares none. */
export interface OwnIds<T> {
  readonly organizationId: T | undefined;
  readonly projectId: T | undefined;
}

type EnvironmentSettings = Pick<ServerSettings, "sessions" | "defaultAccess" | "organizationCreators" | "init">;

/** The environment of the server that is no secret, under the names it reads. */
export function plainEnvironment<T>(
  publicUrl: string,
  signIn: SignIn,
  { sessions, defaultAccess, organizationCreators, init }: EnvironmentSettings,
  own: OwnIds<T>,
): Record<string, string | T> {
  return given({
    NEXTAUTH_URL: publicUrl,
    AUTH_DISABLE_USERNAME_PASSWORD: String(!signIn.passwordLogin),
    AUTH_DISABLE_SIGNUP: String(!signIn.signUp),
    AUTH_SESSION_MAX_AGE: sessions.maxAgeMinutes === undefined ? undefined : String(sessions.maxAgeMinutes),
    ...providerEnvironment(signIn),
    LANGFUSE_ALLOWED_ORGANIZATION_CREATORS: joined(organizationCreators),
    ...(defaultAccess && {
      LANGFUSE_DEFAULT_ORG_ID: defaultAccess.organizationId ?? own.organizationId,
      LANGFUSE_DEFAULT_ORG_ROLE: defaultAccess.role,
      ...(defaultAccess.project && {
        LANGFUSE_DEFAULT_PROJECT_ID: defaultAccess.project.id ?? own.projectId,
        LANGFUSE_DEFAULT_PROJECT_ROLE: defaultAccess.project.role,
      }),
    }),
    ...(init && {
      LANGFUSE_INIT_ORG_ID: init.organization.id,
      LANGFUSE_INIT_ORG_NAME: init.organization.name,
      LANGFUSE_INIT_PROJECT_ID: init.project?.id,
      LANGFUSE_INIT_PROJECT_NAME: init.project?.name,
      LANGFUSE_INIT_PROJECT_PUBLIC_KEY: init.project?.publicKey,
      LANGFUSE_INIT_USER_EMAIL: init.user?.email,
      LANGFUSE_INIT_USER_NAME: init.user?.name,
    }),
  });
}

/** Name of the variable that holds the client secret of the provider, if there is one. */
export function clientSecretVariable({ provider }: SignIn): string | undefined {
  return provider === "none" ? undefined : `AUTH_${provider.toUpperCase()}_CLIENT_SECRET`;
}

function providerEnvironment(signIn: SignIn): Record<string, string | undefined> {
  if (signIn.provider === "none") return {};
  const prefix = `AUTH_${signIn.provider.toUpperCase()}`;
  const custom = signIn.provider === "custom" && { [`${prefix}_NAME`]: signIn.name, [`${prefix}_SCOPE`]: signIn.scope };
  return {
    [`${prefix}_CLIENT_ID`]: signIn.clientId,
    [`${prefix}_ISSUER`]: signIn.issuer,
    [`${prefix}_ALLOW_ACCOUNT_LINKING`]: String(signIn.accountLinking),
    ...custom,
    AUTH_DOMAINS_WITH_SSO_ENFORCEMENT: joined(signIn.enforcedDomains),
  };
}

/** Langfuse separates entries by commas; an empty list is no list. */
function joined(entries: readonly string[]): string | undefined {
  return entries.length > 0 ? entries.join(",") : undefined;
}

function given<T>(values: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, T>;
}
