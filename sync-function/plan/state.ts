/** A member of the organization in Langfuse. */
export interface Member {
  readonly userId: string;
  /** Lower case. */
  readonly email: string;
  /** As Langfuse answered it: a newer version may know more roles than this program. */
  readonly role: string;
}

/**
 * What Keycloak says about an address.
 *
 * - `active`: one enabled person, with the mapped roles that are effective for them
 * - `disabled`: one person, switched off
 * - `unavailable`: switched off, but from a user storage: people look like that while LDAP is down
 * - `unknown`: nobody has this address
 * - `ambiguous`: several people have it
 */
export type Standing =
  | { readonly kind: "active"; readonly roles: readonly string[] }
  | { readonly kind: "disabled" | "unavailable" | "unknown" | "ambiguous" };

/** Everything a plan is made from besides the rules. */
export interface AccessState {
  readonly members: readonly Member[];
  /** By lower-case address; members without an entry count as unknown. */
  readonly standings: ReadonlyMap<string, Standing>;
}
