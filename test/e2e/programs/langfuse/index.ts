import { z } from "zod";
import { LangfuseTenant } from "#components/langfuse/langfuse-tenant.ts";
import { exclusiveTerms, managedTenant } from "#components/langfuse/management.ts";
import { tenantShape } from "#components/langfuse/tenant-settings.ts";
import { withReadableErrors } from "#components/readable-errors.ts";
import { stackValues } from "#components/stack-values.ts";

const { langfuse = "{}", keycloak = "{}", ...secrets } = stackValues();
const settings = { ...z.object(tenantShape).parse(JSON.parse(langfuse)), manage: true };

export default () =>
  withReadableErrors(async () => {
    const declared = managedTenant({ langfuse: settings, secrets });
    if (!declared) throw new Error("the test declares no project");
    const { exclusive } = exclusiveTerms({ langfuse: settings, keycloak: JSON.parse(keycloak), sync: {} });
    const terms = exclusive ? { exclusive } : {};
    const tenant = new LangfuseTenant("organization", {
      ...declared,
      ...terms,
      deletionPolicy: "delete",
      protect: false,
    });
    const [key] = tenant.serviceKeys;
    return {
      organizationId: tenant.organizationId,
      publicKey: tenant.publicKey,
      secretKey: tenant.secretKey,
      projectIds: tenant.projectIds,
      ...(key ? { servicePublicKey: key.publicKey, serviceSecretKey: key.secretKey } : {}),
    };
  });
