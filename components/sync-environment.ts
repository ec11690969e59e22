import type * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "./configuration.ts";

/** Plain environment of the role sync, in the names it documents. */
export function syncEnvironment(
  { keycloak, langfuse, roles, sync }: Configuration,
  organizationId: pulumi.Input<string>,
): Record<string, pulumi.Input<string>> {
  const mapping = [...roles.map((role) => [role.name, role.grants]), ["default", sync.defaultRole]];
  return {
    KEYCLOAK_URL: keycloak.internalUrl ?? keycloak.url,
    KEYCLOAK_REALM: keycloak.realm,
    LANGFUSE_URL: langfuse.internalUrl ?? langfuse.url,
    LANGFUSE_ORG_ID: organizationId,
    // The order of the entries is the order of precedence.
    ROLE_MAPPING: JSON.stringify(Object.fromEntries(mapping)),
    PROTECTED_MEMBERS: JSON.stringify(langfuse.members.map((member) => member.email)),
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
