import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { requireGone } from "./absence.ts";

export type OrganizationReader = Pick<LangfuseAdminClient, "getOrganization" | "listOrganizations">;

/**
 * What to think of an organization whose key is refused: `gone` with everything in it, or `kept`, because only the key
 * was deleted. Without this difference, a refresh after either would end in the refusal. Throws every other error again.
 */
export async function behindRefusedKey(
  error: unknown,
  organizationId: string,
  admin: OrganizationReader,
): Promise<"gone" | "kept"> {
  if (!(error instanceof AccessError && error.status === 401)) throw error;
  try {
    await admin.getOrganization(organizationId);
    return "kept";
  } catch (cause) {
    await requireGone(cause, organizationId, () => admin.listOrganizations());
    return "gone";
  }
}
