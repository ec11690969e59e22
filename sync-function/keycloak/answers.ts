import * as z from "zod";

/** `enabled` has no default: an answer without it must not pass for a disabled person. */
export const user = z.object({
  id: z.string().min(1),
  username: z.string().optional(),
  email: z.string().nullish(),
  enabled: z.boolean(),
  emailVerified: z.boolean().optional(),
  /** Set for people who come from a user storage such as LDAP. */
  federationLink: z.string().nullish(),
});
export type KeycloakUser = z.output<typeof user>;

export const role = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  composite: z.boolean().default(false),
  clientRole: z.boolean().default(false),
});
export type KeycloakRole = z.output<typeof role>;

/**
 * `realmRoles` has no default: callers with too few rights get groups without it since 26.8.0, which does not mean that
 * the group has no roles.
 */
export const group = z.object({
  id: z.string().min(1),
  path: z.string().optional(),
  parentId: z.string().nullish(),
  realmRoles: z.array(z.string()),
});
export type KeycloakGroup = z.output<typeof group>;

/** Left out for callers with too few rights: then several people may have one address for all that is known. */
export const realmSettings = z.object({ duplicateEmailsAllowed: z.boolean().default(true) });

export const groupCount = z.object({ count: z.number().int().nonnegative() });
export const userCount = z.number().int().nonnegative();
