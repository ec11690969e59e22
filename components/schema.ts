import { z } from "zod";
import { gateSettingsSchema, realmRole } from "#sync/gate/settings.ts";
import { ROLES } from "#sync/langfuse/role.ts";
import { plainAddress as url } from "./address.ts";
import { dnsLabel } from "./dns-label.ts";
import { serverSettingsSchema } from "./langfuse/server-settings.ts";
import { tenantShape } from "./langfuse/tenant-settings.ts";
import { proxySchema } from "./proxy-settings.ts";
import { syncSchema } from "./sync-settings.ts";

const name = z.string().min(1).max(255);

const keycloak = z.strictObject({
  /** Base URL as this program reaches it. */
  url,
  /** Base URL as pods reach it; the same by default. */
  internalUrl: url.optional(),
  /** The realm that signs people in to Langfuse. */
  realm: name,
  /** OIDC client of Langfuse in that realm; it is taken by name and never owned. */
  langfuseClient: name.default("langfuse"),
  /** How this program signs in. Its secret is the key `keycloakAdminSecret`. */
  admin: z
    .strictObject({
      realm: name.default("master"),
      clientId: name.default("admin-cli"),
      /** With a user name the secret is that person's password, without one the client's secret. */
      username: name.optional(),
    })
    .prefault({}),
});

const role = z.strictObject({
  /** Realm role. */
  name: realmRole,
  /** Organization role in Langfuse that its holders get; nothing by itself by default, for `sync.rules` to name it. */
  grants: z.enum(ROLES).optional(),
  description: z.string().max(255).optional(),
});

const langfuse = z.strictObject({
  url,
  internalUrl: url.optional(),
  /** Off: nothing in Langfuse is declared, which takes no licence; the gate and the server's settings remain. */
  manage: z.boolean().default(true),
  ...tenantShape,
  /** How the server itself is set up. */
  server: serverSettingsSchema.prefault({}),
  /** Whether destroying the stack may delete organization and project together with their data. */
  deletionPolicy: z.enum(["retain", "delete"]).default("retain"),
});

const kubernetes = z.strictObject({
  /** Path of a kubeconfig; the ambient one by default. */
  kubeconfig: z.string().min(1).optional(),
  context: z.string().min(1).optional(),
  namespace: dnsLabel.default("langfuse-access"),
  /** Create the namespace, with the `restricted` Pod Security Standard enforced. */
  createNamespace: z.boolean().default(true),
});

/** Everything that `Pulumi.<stack>.yaml` may hold, apart from the secrets. */
export const settingsSchema = z.strictObject({
  keycloak,
  /** Realm roles in order of precedence: the first that a person holds wins. */
  roles: z.array(role),
  gate: gateSettingsSchema.prefault({}),
  langfuse,
  kubernetes: kubernetes.prefault({}),
  sync: syncSchema.prefault({}),
  proxy: proxySchema.prefault({}),
  /** Refuse to delete what cannot be made again: organization, project, encryption keys. */
  protect: z.boolean().default(false),
});

export type Settings = z.output<typeof settingsSchema>;

/** Secrets live in keys of their own, because an object with one secret value becomes secret as a whole. */
export const requiredSecrets = ["keycloakAdminSecret"] as const;
export const optionalSecrets = [
  "langfuseAdminApiKey",
  "langfuseOrganizationPublicKey",
  "langfuseOrganizationSecretKey",
  "langfuseClientSecret",
  "langfuseInitUserPassword",
  "langfuseInitProjectSecretKey",
  "pushgatewayPassword",
] as const;
export const secretNames = [...requiredSecrets, ...optionalSecrets] as const;

/** Plain values: callers wrap them in `pulumi.secret` before they go anywhere near a resource. */
export type Secrets = Readonly<
  Record<(typeof requiredSecrets)[number], string> & Partial<Record<(typeof optionalSecrets)[number], string>>
>;
