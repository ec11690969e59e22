import type * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "./configuration.ts";
import { DOCUMENT_FILE } from "./kubernetes/sync-files.ts";

/** Plain environment of the role sync, in the names it documents. */
export function syncEnvironment({ keycloak, langfuse, sync }: Configuration): Readonly<Record<string, string>> {
  return {
    KEYCLOAK_URL: keycloak.internalUrl ?? keycloak.url,
    KEYCLOAK_REALM: keycloak.realm,
    LANGFUSE_URL: langfuse.internalUrl ?? langfuse.url,
    SYNC_CONFIG: DOCUMENT_FILE,
    ...(sync.shards > 1 && { SHARDS: String(sync.shards) }),
  };
}

/** Credentials of the role sync; they reach it through its Secret only. */
export function syncSecrets(
  account: { readonly clientId: pulumi.Output<string>; readonly clientSecret: pulumi.Output<string> },
  organization: { readonly publicKey: pulumi.Output<string>; readonly secretKey: pulumi.Output<string> },
): Record<string, pulumi.Input<string>> {
  return {
    KEYCLOAK_CLIENT_ID: account.clientId,
    KEYCLOAK_CLIENT_SECRET: account.clientSecret,
    LANGFUSE_PUBLIC_KEY: organization.publicKey,
    LANGFUSE_SECRET_KEY: organization.secretKey,
  };
}
