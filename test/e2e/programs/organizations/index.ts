import { z } from "zod";
import { LangfuseTenant } from "#components/langfuse/langfuse-tenant.ts";
import { managedTenant } from "#components/langfuse/management.ts";
import { tenantShape } from "#components/langfuse/tenant-settings.ts";
import { withReadableErrors } from "#components/readable-errors.ts";
import { stackValues } from "#components/stack-values.ts";

const { organizations = "{}", ...secrets } = stackValues();
const shape = z.record(z.string(), z.object(tenantShape));

/** Several organizations in one stack, by the name of their resource. */
export default () =>
  withReadableErrors(async () => {
    const made = Object.entries(shape.parse(JSON.parse(organizations))).map(([name, settings]) => {
      const declared = managedTenant({ langfuse: { ...settings, manage: true }, secrets });
      if (!declared) throw new Error(`the test declares no project in ${name}`);
      const tenant = new LangfuseTenant(name, { ...declared, deletionPolicy: "delete", protect: false });
      const { organizationId, publicKey, secretKey } = tenant;
      return [name, { organizationId, publicKey, secretKey }];
    });
    return { organizations: Object.fromEntries(made) };
  });
