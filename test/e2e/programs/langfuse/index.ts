import { z } from "zod";
import { LangfuseTenant } from "#components/langfuse/langfuse-tenant.ts";
import { tenantShape } from "#components/langfuse/tenant-settings.ts";
import { stackValues } from "#components/stack-values.ts";

const settings = z.object(tenantShape).parse(JSON.parse(stackValues().langfuse ?? "{}"));

export default async () => {
  const tenant = new LangfuseTenant("organization", { ...settings, deletionPolicy: "delete", protect: false });
  const [key] = tenant.serviceKeys;
  return {
    organizationId: tenant.organizationId,
    publicKey: tenant.publicKey,
    secretKey: tenant.secretKey,
    projectIds: tenant.projectIds,
    ...(key ? { servicePublicKey: key.publicKey, serviceSecretKey: key.secretKey } : {}),
  };
};
