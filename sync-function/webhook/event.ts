import * as z from "zod";

/** What happened in Keycloak, as far as it tells whom to read again. */
export interface RealmEvent {
  /** The same for the same event, however often it is sent; absent where the sender tells none. */
  readonly key: string | undefined;
  /** Milliseconds since 1970, by Keycloak's clock. */
  readonly time: number | undefined;
  /** Of the realm in which it happened; both may be absent. Older versions send the name as id. */
  readonly realm: { readonly id: string | undefined; readonly name: string | undefined };
  /** Of a user event, such as `LOGIN`, or of an admin event, such as `REALM_ROLE_MAPPING-CREATE`. */
  readonly name: string;
  /** What an admin event was about, such as `users/ID/role-mappings/realm`; absent for user events. */
  readonly path: string | undefined;
  /** Whom a user event is about; an admin event has the administrator there, who is nobody of interest. */
  readonly userId: string | undefined;
  /** Addresses that the person has or had, in lower case. */
  readonly emails: readonly string[];
}

const text = z.string().max(2_000).nullish();

/** What any of the plugins sends; everything else in it is passed over. */
const payload = z.object({
  uid: text,
  id: text,
  time: z.number().nullish(),
  realmId: text,
  realmName: text,
  type: text,
  resourceType: text,
  operationType: text,
  resourcePath: text,
  userId: text,
  authDetails: z.object({ userId: text }).nullish(),
  details: z.record(z.string(), z.unknown()).nullish(),
});

const ADDRESS_DETAILS = ["email", "previous_email", "updated_email"];

/**
 * Understands the events of p2-inc/keycloak-events (`ext-event-webhook` and `ext-event-http`) and of
 * vymalo/keycloak-webhook.
 *
 * @returns undefined for anything else
 */
export function parseEvent(body: unknown): RealmEvent | undefined {
  const parsed = payload.safeParse(body);
  if (!parsed.success) return undefined;
  const { uid, id, time, realmId, realmName, type, resourceType, operationType, ...rest } = parsed.data;
  const ofAdmin = resourceType && operationType ? `${resourceType}-${operationType}` : undefined;
  const name = type?.replace(/^(admin|access)\./, "") || ofAdmin;
  if (!name) return undefined;
  const path = rest.resourcePath || undefined;
  const isAdmin = path !== undefined || name.includes("-");
  const details = rest.details ?? {};
  return {
    key: uid || id || undefined,
    time: time ?? undefined,
    realm: { id: realmId || undefined, name: realmName || undefined },
    name,
    path,
    userId: isAdmin ? undefined : rest.userId || rest.authDetails?.userId || undefined,
    emails: isAdmin ? [] : ADDRESS_DETAILS.flatMap((detail) => addressIn(details[detail])),
  };
}

function addressIn(value: unknown): readonly string[] {
  return typeof value === "string" && /^[^\s@]+@[^\s@]+$/.test(value) ? [value.toLowerCase()] : [];
}
