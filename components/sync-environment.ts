import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "./configuration.ts";
import type { BootstrapSettings } from "./kubernetes/key-bootstrap.ts";
import { DOCUMENT_FILE } from "./kubernetes/sync-files.ts";
import { signInOf } from "./langfuse/sign-in.ts";

/** Plain environment of the role sync, in the names it documents. */
export function syncEnvironment({ keycloak, langfuse, sync }: Configuration): Readonly<Record<string, string>> {
  const { pushgatewayUrl, pushgatewayUser } = sync.metrics;
  return {
    KEYCLOAK_URL: keycloak.internalUrl ?? keycloak.url,
    KEYCLOAK_REALM: keycloak.realm,
    LANGFUSE_URL: langfuse.internalUrl ?? langfuse.url,
    SYNC_CONFIG: DOCUMENT_FILE,
    ...(sync.shards > 1 && { SHARDS: String(sync.shards) }),
    ...(pushgatewayUrl !== undefined && pushgatewayUser === undefined && { PUSHGATEWAY_URL: pushgatewayUrl }),
  };
}

/** What the Langfuse server is told about accounts, for the doctor, in the server's own names. */
export function signInEnvironment(configuration: Configuration): Readonly<Record<string, string>> {
  const signIn = signInOf(configuration.langfuse.server, configuration);
  if (signIn.provider !== "keycloak") return {};
  return {
    AUTH_KEYCLOAK_ALLOW_ACCOUNT_LINKING: String(signIn.accountLinking),
    AUTH_DISABLE_SIGNUP: String(!signIn.signUp),
  };
}

/** Organizations whose keys a Job makes. */
export function syncBootstrap({ langfuse, sync, secrets }: Configuration): BootstrapSettings {
  return {
    organizations: sync.organizations.flatMap(({ id, secretName, bootstrap }) =>
      bootstrap && secretName !== undefined ? [{ id, secretName }] : [],
    ),
    langfuseUrl: langfuse.internalUrl ?? langfuse.url,
    adminApiKey: pulumi.secret(secrets.langfuseAdminApiKey ?? ""),
  };
}

/** Addresses of all servers that the role sync talks to. */
export function syncAddresses({ keycloak, langfuse, sync }: Configuration): string[] {
  return [
    keycloak.internalUrl ?? keycloak.url,
    langfuse.internalUrl ?? langfuse.url,
    ...sync.organizations.flatMap(({ langfuseUrl }) => langfuseUrl ?? []),
    ...(sync.metrics.pushgatewayUrl === undefined ? [] : [sync.metrics.pushgatewayUrl]),
  ];
}

/** Credentials of the role sync; they reach it through its Secret only. */
export function syncSecrets(
  { sync, secrets }: Configuration,
  account: { readonly clientId: pulumi.Output<string>; readonly clientSecret: pulumi.Output<string> },
  organization: { readonly publicKey: pulumi.Output<string>; readonly secretKey: pulumi.Output<string> },
): Record<string, pulumi.Input<string>> {
  const { pushgatewayUrl, pushgatewayUser } = sync.metrics;
  const isSecret = pushgatewayUrl !== undefined && pushgatewayUser !== undefined;
  return {
    KEYCLOAK_CLIENT_ID: account.clientId,
    KEYCLOAK_CLIENT_SECRET: account.clientSecret,
    LANGFUSE_PUBLIC_KEY: organization.publicKey,
    LANGFUSE_SECRET_KEY: organization.secretKey,
    ...(isSecret && {
      PUSHGATEWAY_URL: pulumi.secret(
        withCredentials(pushgatewayUrl, pushgatewayUser, secrets.pushgatewayPassword ?? ""),
      ),
    }),
  };
}

function withCredentials(address: string, user: string, password: string): string {
  const url = new URL(address);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
}
