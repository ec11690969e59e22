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
  if (!isRefusedKey(error)) throw error;
  try {
    await admin.getOrganization(organizationId);
    return "kept";
  } catch (cause) {
    await requireGone(cause, organizationId, () => admin.listOrganizations());
    return "gone";
  }
}

export function isRefusedKey(error: unknown): error is AccessError {
  return error instanceof AccessError && error.status === 401;
}

/**
 * The refusal of every pair that is known of an organization, with what to do about it.
 *
 * @param isOurs whether the stack makes the pair itself
 */
export function withRemedy({ kind, message }: AccessError, organization: string, isOurs: boolean): AccessError {
  const remedy = isOurs
    ? "where the organization or its key was deleted in Langfuse, run `pulumi refresh`, which takes note of it, and then `pulumi up`, which makes it again"
    : "where the pair was deleted in Langfuse, make another one there and set langfuseOrganizationPublicKey and langfuseOrganizationSecretKey anew";
  return new AccessError(kind, `${organization}: ${message}; ${remedy}`, { status: 401 });
}
