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

/** A group as a person's membership names it, without its roles. */
export const groupName = z.object({ id: z.string().min(1), path: z.string() });

/**
 * `realmRoles` has no default: callers with too few rights get groups without it since 26.8.0, which does not mean that
 * the group has no roles.
 */
export const group = groupName.extend({
  parentId: z.string().nullish(),
  realmRoles: z.array(z.string()),
  /** By the client id. */
  clientRoles: z.record(z.string(), z.array(z.string())).default({}),
});
export type KeycloakGroup = z.output<typeof group>;

export const application = z.object({ id: z.string().min(1), clientId: z.string().min(1) });
/** A client of the realm: an application, in Keycloak's words. */
export type KeycloakApplication = z.output<typeof application>;

export const component = z.object({ id: z.string().min(1) });

/** Left out for callers with too few rights: then several people may have one address for all that is known. */
export const realmSettings = z.object({ id: z.string().optional(), duplicateEmailsAllowed: z.boolean().default(true) });

export const groupCount = z.object({ count: z.number().int().nonnegative() });
export const userCount = z.number().int().nonnegative();

/** Keys are absent where there is nothing. */
export const directRoles = z.object({
  realmMappings: z.array(role).default([]),
  clientMappings: z.record(z.string(), z.object({ id: z.string(), mappings: z.array(role) })).default({}),
});
