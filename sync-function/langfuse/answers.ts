import * as z from "zod";

/** A role of a newer server is kept as it is: whoever decides by it tests it with `isRole`. */
const roleText = z.string().min(1);

/** One person in an organization or project; `email` as stored, which is lower case since 3.174.0. */
export const membership = z.object({
  userId: z.string().min(1),
  role: roleText,
  email: z.string().nullish(),
  name: z.string().nullish(),
});
export type LangfuseMembership = z.output<typeof membership>;

export const membershipList = z.object({ memberships: z.array(membership) });

export const scimUser = z.object({ id: z.string().min(1), userName: z.string() });
export type ScimUser = z.output<typeof scimUser>;

export const scimCount = z.object({ totalResults: z.number().int().nonnegative() });

const metadata = z.unknown().optional();

/** `retentionDays` is there only when it is set. */
export const project = z.object({
  id: z.string().min(1),
  name: z.string(),
  metadata,
  retentionDays: z.number().nullish(),
});
export type LangfuseProject = z.output<typeof project>;

export const projectList = z.object({ projects: z.array(project) });

/** Without the secret, which is shown only when the key is made. */
export const apiKey = z.object({
  id: z.string().min(1),
  publicKey: z.string(),
  note: z.string().nullish(),
  displaySecretKey: z.string().optional(),
  createdAt: z.string().optional(),
  expiresAt: z.string().nullish(),
  lastUsedAt: z.string().nullish(),
});
export type LangfuseApiKey = z.output<typeof apiKey>;

export const apiKeyList = z.object({ apiKeys: z.array(apiKey) });

export const createdApiKey = apiKey.extend({ secretKey: z.string().min(1) });
export type CreatedApiKey = z.output<typeof createdApiKey>;

export const organization = z.object({
  id: z.string().min(1),
  name: z.string(),
  metadata,
  createdAt: z.string().optional(),
  projects: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
});
export type LangfuseOrganization = z.output<typeof organization>;

export const organizationList = z.object({ organizations: z.array(organization) });
