import * as pulumi from "@pulumi/pulumi";
import { parseConfiguration } from "#components/configuration.ts";
import { declareRealmAccess } from "#components/keycloak/realm-access.ts";
import { namespaceName } from "#components/kubernetes/namespace.ts";
import { LangfuseTenant } from "#components/langfuse/langfuse-tenant.ts";
import { exclusiveTerms, managedTenant } from "#components/langfuse/management.ts";
import { LangfuseSecrets } from "#components/langfuse/secrets.ts";
import { ServiceCredentials, type VerifiableKey } from "#components/langfuse/service-credentials.ts";
import { preflight } from "#components/preflight.ts";
import { keycloakProvider, kubernetesProvider } from "#components/providers.ts";
import { withReadableErrors } from "#components/readable-errors.ts";
import { declareRoleSync } from "#components/role-sync.ts";
import { serverSetup } from "#components/server-setup.ts";
import { stackValues } from "#components/stack-values.ts";
import { bundleSync } from "#sync/bundle.ts";
import { gateDocument } from "#sync/gate/settings.ts";
import { requireKeyScope } from "#sync/langfuse/key-scope.ts";

export default () =>
  withReadableErrors(async () => {
    const configuration = parseConfiguration(pulumi.getProject(), stackValues());
    const { langfuse, protect } = configuration;
    for (const warning of configuration.warnings) await pulumi.log.warn(warning);
    const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const tenant = managedTenant(configuration);
    const [prepared, bundle] = await Promise.all([preflight(configuration, owner), tenant && bundleSync()]);
    for (const warning of prepared.warnings) await pulumi.log.warn(warning);
    const inKeycloak = { provider: keycloakProvider(configuration) };
    const inKubernetes = { provider: kubernetesProvider(configuration) };
    const providers = { inKeycloak, inKubernetes };

    const { roles, loginGate } = declareRealmAccess({ ...configuration, owner }, prepared, inKeycloak);

    const organization =
      tenant && new LangfuseTenant("organization", { ...tenant, ...exclusiveTerms(configuration), protect });
    const namespace = namespaceName(configuration.kubernetes, inKubernetes);
    const server = new LangfuseSecrets(
      "langfuse-secrets",
      { namespace: langfuse.server.namespace ?? namespace, ...serverSetup(configuration, organization, inKeycloak) },
      inKubernetes,
    );
    const langfuseUrl = langfuse.internalUrl ?? langfuse.url;
    for (const key of organization?.serviceKeys ?? []) {
      const verify = (pair: VerifiableKey) =>
        requireKeyScope({ ...pair, url: langfuse.url }, pair, `The key of ${key.service} in ${key.environment}`);
      new ServiceCredentials(key.secretName, { namespace, url: langfuseUrl, key, verify }, inKubernetes);
    }
    const sync =
      organization &&
      bundle &&
      declareRoleSync(configuration, organization, bundle, { namespace, ...providers, after: [roles] });

    return {
      roleNames: roles.names,
      gateRoleName: roles.gateRoleName,
      gateFlowAliases: loginGate?.flowAliases ?? [],
      gateSettings: gateDocument(configuration.gate, configuration.keycloak.langfuseClient),
      ...(organization && {
        organizationId: organization.organizationId,
        projectId: organization.projectId,
        organizationPublicKey: organization.publicKey,
        organizationSecretKey: pulumi.secret(organization.secretKey),
      }),
      langfuseSecretName: server.secretName,
      langfuseSettingsName: server.settingsName,
      langfuseHelmValues: server.helmValues,
      ...(sync && {
        syncClientId: sync.account.clientId,
        syncSecretName: sync.cronJob.secretName,
        syncCronJobName: sync.cronJob.cronJobName,
        syncProgramName: sync.cronJob.programName,
        ...(sync.cronJob.webhook && {
          syncWebhookUrl: sync.cronJob.webhook.url,
          syncWebhookSecret: sync.cronJob.webhook.secret,
        }),
        ...(sync.proxy && { loginProxyUrl: sync.proxy.url }),
      }),
      namespace,
    };
  });
