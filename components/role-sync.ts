import type * as pulumi from "@pulumi/pulumi";
import type { SyncBundle } from "#sync/bundle.ts";
import type { Configuration } from "./configuration.ts";
import { SyncServiceAccount } from "./keycloak/sync-service-account.ts";
import { LoginProxy } from "./kubernetes/login-proxy.ts";
import { SyncCronJob } from "./kubernetes/sync-cron-job.ts";
import type { LangfuseTenant } from "./langfuse/langfuse-tenant.ts";
import { OrganizationKeys } from "./langfuse/organization-keys.ts";
import { syncDocument } from "./sync-document.ts";
import { signInEnvironment, syncAddresses, syncBootstrap, syncEnvironment, syncSecrets } from "./sync-environment.ts";

/** Where the parts of the sync live. */
export interface RoleSyncPlaces {
  readonly namespace: pulumi.Output<string>;
  readonly inKeycloak: pulumi.CustomResourceOptions;
  readonly inKubernetes: pulumi.CustomResourceOptions;
  /** What its rules are about: without it a run would find nothing to go by. */
  readonly after: readonly pulumi.Resource[];
}

export interface RoleSync {
  readonly account: SyncServiceAccount;
  readonly cronJob: SyncCronJob;
  /** What stands before Langfuse, where that is wanted. */
  readonly proxy: LoginProxy | undefined;
}

/**
 * The role sync with what it needs: its account in Keycloak, the keys of its organizations, its job in the cluster, and what
 * makes roles right between two of its runs.
 */
export function declareRoleSync(
  configuration: Configuration,
  organization: LangfuseTenant,
  bundle: SyncBundle,
  { namespace, inKeycloak, inKubernetes, after }: RoleSyncPlaces,
): RoleSync {
  const { keycloak, langfuse, sync, proxy: proxySettings } = configuration;
  const account = new SyncServiceAccount("sync-account", { realmId: keycloak.realm, ...sync }, inKeycloak);
  const keys = new OrganizationKeys("sync-keys", { namespace, ...sync }, inKubernetes);
  const cronJob = new SyncCronJob(
    "langfuse-role-sync",
    {
      ...sync,
      proxyMode: proxySettings.enabled ? proxySettings.mode : undefined,
      namespace,
      bundle: bundle.text,
      document: organization.organizationId.apply((id) => JSON.stringify(syncDocument(configuration, id))),
      documentVersion: JSON.stringify(syncDocument(configuration, "")),
      environment: syncEnvironment(configuration),
      signIn: signInEnvironment(configuration),
      secrets: syncSecrets(configuration, account, organization),
      keySecrets: keys.secretNames,
      bootstrap: syncBootstrap(configuration),
      addresses: syncAddresses(configuration),
      after: [...after, account, organization, keys],
    },
    inKubernetes,
  );
  const upstream = langfuse.internalUrl ?? langfuse.url;
  const proxy = proxySettings.enabled
    ? new LoginProxy("langfuse-login-proxy", { ...cronJob.serving, ...proxySettings, upstream }, inKubernetes)
    : undefined;
  return { account, cronJob, proxy };
}
