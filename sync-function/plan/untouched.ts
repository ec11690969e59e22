import * as z from "zod";
import { ROLES } from "../langfuse/role.ts";

/**
 * Why somebody is left as they are although the rules might say otherwise.
 *
 * - `protected`: declared elsewhere, or matched by `protect`
 * - `unknown`: no user in Keycloak
 * - `ambiguous`: it is not certain who they are in Keycloak
 * - `unavailable`: disabled, but by a user storage that may be down
 * - `unknown-role`: Langfuse answered a role this version does not know
 * - `unverified`: a role is withheld because the address is not verified
 * - `last-owner`: the organization would be left without an owner
 */
export const UNTOUCHED_KINDS = [
  "protected",
  "unknown",
  "ambiguous",
  "unavailable",
  "unknown-role",
  "unverified",
  "last-owner",
] as const;

export const untouchedSchema = z.strictObject({
  kind: z.enum(UNTOUCHED_KINDS),
  email: z.string(),
  /** Empty for people who are no members. */
  userId: z.string(),
  /** What they have, as Langfuse answered it, or `no member`. */
  role: z.string(),
  /** What the rules give them, where that is known. */
  wanted: z.enum(ROLES).optional(),
  project: z.strictObject({ id: z.string(), name: z.string() }).optional(),
  /** For people, to be read after "because". */
  reason: z.string(),
});
export type Untouched = Readonly<z.output<typeof untouchedSchema>>;
