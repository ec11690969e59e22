import { LangfuseTenant } from "#components/langfuse/langfuse-tenant.ts";
import { stackValues } from "#components/stack-values.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { EmptyResource } from "./empty-resource.ts";

interface Crowd {
  readonly members: readonly { readonly email: string; readonly role: Role }[];
  /** Whether they become members, or resources with the same inputs that do nothing. */
  readonly isReal: boolean;
}

const { members, isReal } = JSON.parse(stackValues().crowd ?? "{}") as Crowd;

export default async () => {
  const tenant = new LangfuseTenant("organization", {
    organization: { name: "Company" },
    project: { name: "Assistant" },
    members: isReal ? members : [],
    deletionPolicy: "delete",
    protect: false,
  });
  if (isReal) return;
  const { organizationId, publicKey, secretKey } = tenant;
  for (const { email, role } of members) {
    new EmptyResource(`empty-${email}`, { organizationId, email, role, publicKey, secretKey });
  }
};
