import { adminRefusal, verifyKey } from "../credentials.ts";
import { type ErrorShape, errorField, Refusal } from "../http/errors.ts";
import type { ApiRequest } from "../http/request.ts";
import type { Instance } from "../instance.ts";
import { type Entitlement, isEntitled } from "../plan.ts";
import type { ApiKey } from "../state/model.ts";

/** Refuses every method but those listed; most endpoints do so before they look at credentials. */
export function requireMethod(request: ApiRequest, methods: readonly string[], shape: ErrorShape, text: string): void {
  if (!methods.includes(request.method)) throw new Refusal(shape(405, text));
}

/** The organization a request acts for; project keys and public keys alone are refused. */
export function requireOrganizationKey(request: ApiRequest, instance: Instance, shape: ErrorShape): string {
  const verification = verifyKey(request.authorization, instance.database().apiKeys);
  if (!verification.valid) throw new Refusal(shape(401, verification.error));
  if (verification.access !== "organization") {
    const text = "Invalid API key. Organization-scoped API key required for this operation.";
    throw new Refusal(shape(403, text));
  }
  instance.database().useApiKey(verification.key);
  return verification.key.ownerId;
}

export function requireProjectKey(request: ApiRequest, instance: Instance, shape: ErrorShape): ApiKey {
  const verification = verifyKey(request.authorization, instance.database().apiKeys);
  if (!verification.valid) throw new Refusal(shape(401, verification.error));
  if (verification.access !== "project") {
    throw new Refusal(shape(403, "Invalid API key. Are you using an organization key?"));
  }
  instance.database().useApiKey(verification.key);
  return verification.key;
}

export function requireAdmin(request: ApiRequest, instance: Instance): void {
  const refusal = adminRefusal(request.authorization, instance.adminApiKey);
  if (refusal) throw new Refusal(errorField(refusal.status, refusal.error));
}

/** Outside SCIM the answer has the field `error`, also on endpoints that otherwise say `message`. */
export function requireEntitlement(instance: Instance, entitlement: Entitlement, shape: ErrorShape = errorField): void {
  if (isEntitled(instance.plan, entitlement)) return;
  const text =
    entitlement === "rbac-project-roles"
      ? "Your plan does not include project role management."
      : "This feature is not available on your current plan.";
  throw new Refusal(shape(403, text));
}
