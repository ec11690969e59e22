import * as pulumi from "@pulumi/pulumi";
import { parseConfiguration } from "#components/configuration.ts";
import { LoginGate } from "#components/keycloak/login-gate/login-gate.ts";
import { RealmRoles } from "#components/keycloak/realm-roles.ts";
import { SyncServiceAccount } from "#components/keycloak/sync-service-account.ts";
import { namespaceName } from "#components/kubernetes/namespace.ts";
import { SyncCronJob } from "#components/kubernetes/sync-cron-job.ts";
import { LangfuseTenant } from "#components/langfuse/langfuse-tenant.ts";
import { OrganizationKeys } from "#components/langfuse/organization-keys.ts";
import { LangfuseSecrets } from "#components/langfuse/secrets.ts";
import { ServiceCredentials, type VerifiableKey } from "#components/langfuse/service-credentials.ts";
import { preflight } from "#components/preflight.ts";
import { keycloakProvider, kubernetesProvider } from "#components/providers.ts";
import { withReadableErrors } from "#components/readable-errors.ts";
import { serverSetup } from "#components/server-setup.ts";
import { stackValues } from "#components/stack-values.ts";
import { syncDocument } from "#components/sync-document.ts";
import { syncEnvironment, syncSecrets } from "#components/sync-environment.ts";
import { bundleSync } from "#sync/bundle.ts";
import { requireKeyScope } from "#sync/langfuse/key-scope.ts";

export default () =>
  withReadableErrors(async () => {
    const configuration = parseConfiguration(pulumi.getProject(), stackValues());
    const { gate, langfuse, sync, protect } = configuration;
    for (const warning of configuration.warnings) await pulumi.log.warn(warning);
    const { realm } = configuration.keycloak;
    const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const { gatePlan, retiredGateRoles } = await preflight(configuration, owner);
    const inKeycloak = { provider: keycloakProvider(configuration) };
    const inKubernetes = { provider: kubernetesProvider(configuration) };

    const roles = new RealmRoles(
      "roles",
      {
        realmId: realm,
        gateRole: gate.role,
        adoptGateRole: gate.adoptRole,
        retiredGateRoles,
        roles: configuration.roles,
        owner,
      },
      inKeycloak,
    );
    const account = new SyncServiceAccount("sync-account", { realmId: realm, ...sync }, inKeycloak);
    const loginGate =
      gatePlan &&
      new LoginGate("gate", { realm, role: roles.gateRoleName, plan: gatePlan, owner, after: [roles] }, inKeycloak);

    const organization = new LangfuseTenant("organization", { ...langfuse, protect });
    const namespace = namespaceName(configuration.kubernetes, inKubernetes);
    const server = new LangfuseSecrets(
      "langfuse-secrets",
      { namespace: langfuse.server.namespace ?? namespace, ...serverSetup(configuration, organization, inKeycloak) },
      inKubernetes,
    );
    const langfuseUrl = langfuse.internalUrl ?? langfuse.url;
    for (const key of organization.serviceKeys) {
      const verify = (pair: VerifiableKey) =>
        requireKeyScope({ ...pair, url: langfuse.url }, pair, `The key of ${key.service} in ${key.environment}`);
      new ServiceCredentials(key.secretName, { namespace, url: langfuseUrl, key, verify }, inKubernetes);
    }
    const keys = new OrganizationKeys("sync-keys", { namespace, ...sync }, inKubernetes);
    const cronJob = new SyncCronJob(
      "langfuse-role-sync",
      {
        ...sync,
        namespace,
        bundle: (await bundleSync()).text,
        document: organization.organizationId.apply((id) => JSON.stringify(syncDocument(configuration, id))),
        environment: syncEnvironment(configuration),
        secrets: syncSecrets(account, organization),
        keySecrets: keys.secretNames,
      },
      inKubernetes,
    );

    return {
      roleNames: roles.names,
      gateRoleName: roles.gateRoleName,
      gateFlowAliases: loginGate?.flowAliases ?? [],
      syncClientId: account.clientId,
      organizationId: organization.organizationId,
      projectId: organization.projectId,
      organizationPublicKey: organization.publicKey,
      organizationSecretKey: pulumi.secret(organization.secretKey),
      langfuseSecretName: server.secretName,
      langfuseSettingsName: server.settingsName,
      langfuseHelmValues: server.helmValues,
      syncSecretName: cronJob.secretName,
      syncCronJobName: cronJob.cronJobName,
      syncProgramName: cronJob.programName,
      namespace,
    };
  });
