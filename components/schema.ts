import { z } from "zod";

const name = z.string().min(1).max(255);
/** Flow, sub-flow and scope names go unescaped into URLs of the Keycloak provider. */
const alias = z.string().regex(/^[a-z0-9][a-z0-9-]{0,199}$/, "use lower-case letters, digits and dashes");
/** A dotted name would be looked up as `client.role` by the role condition first. */
const realmRole = z
  .string()
  .regex(/^(?!\d+$)[^./?#%\s]{1,255}$/, "use a name with a letter in it and without dots, slashes and blanks");
const url = z
  .url({ protocol: /^https?$/, error: "use a complete http(s) URL" })
  .transform((value) => value.replace(/\/+$/, ""));
const email = z.email().transform((value) => value.toLowerCase());
const langfuseRole = z.enum(["OWNER", "ADMIN", "MEMBER", "VIEWER", "NONE"]);

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
  /** Organization role in Langfuse that its holders get. */
  grants: langfuseRole,
  description: z.string().max(255).optional(),
});

const gate = z.strictObject({
  /** Off: nothing of the gate is declared, everybody of the realm reaches Langfuse. */
  enabled: z.boolean().default(true),
  /** Realm role that opens the gate; every role of `roles` includes it. */
  role: realmRole.default("langfuse-access"),
  /** Client scope that marks a gated client. */
  scope: alias.default("langfuse-gate"),
  /** Alias of the browser flow that holds the gate. */
  flow: alias.default("browser-langfuse"),
  /** The flow whose steps are copied: the one that is bound before the gate. */
  flowToCopy: z.string().min(1).max(255).default("browser"),
  /** What a refused person reads; shown literally. */
  denyMessage: z.string().min(1).max(255).default("You do not have access to Langfuse. Ask for a Langfuse role."),
});

const langfuse = z.strictObject({
  url,
  internalUrl: url.optional(),
  organization: z.strictObject({ name: z.string().min(3).max(60) }),
  project: z.strictObject({ name: z.string().min(3).max(60) }),
  /** People outside Keycloak's reach, such as break-glass owners; the sync never touches them. */
  members: z.array(z.strictObject({ email, role: langfuseRole })).default([]),
  /** Whether destroying the stack may delete organization and project together with their data. */
  deletionPolicy: z.enum(["retain", "delete"]).default("retain"),
});

const kubernetes = z.strictObject({
  /** Path of a kubeconfig; the ambient one by default. */
  kubeconfig: z.string().min(1).optional(),
  context: z.string().min(1).optional(),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "use a DNS label")
    .default("langfuse-access"),
  /** Create the namespace, with the `restricted` Pod Security Standard enforced. */
  createNamespace: z.boolean().default(true),
});

const sync = z.strictObject({
  /** Client id of the service account in Keycloak. */
  clientId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,200}$/, "use letters, digits, dots, dashes and underscores")
    .default("langfuse-role-sync"),
  /** Cron schedule, in UTC. */
  schedule: z.string().min(9).default("*/5 * * * *"),
  /** Image with Node 24 as `node`; the program itself comes from a ConfigMap. */
  image: z.string().min(1).default("docker.io/library/node:24-alpine"),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
  /** Organization role of members who have a Keycloak user but none of the roles. */
  defaultRole: langfuseRole.default("NONE"),
  suspend: z.boolean().default(false),
});

/** Everything that `Pulumi.<stack>.yaml` may hold, apart from the two secrets. */
export const settingsSchema = z.strictObject({
  keycloak,
  /** Realm roles in order of precedence: the first that a person holds wins. */
  roles: z.array(role).min(1),
  gate: gate.prefault({}),
  langfuse,
  kubernetes: kubernetes.prefault({}),
  sync: sync.prefault({}),
  /** Refuse to delete what cannot be made again: organization, project, encryption keys, gate. */
  protect: z.boolean().default(false),
});

export type Settings = z.output<typeof settingsSchema>;

/** Secrets live in keys of their own, because an object with one secret value becomes secret as a whole. */
export const secretNames = ["keycloakAdminSecret", "langfuseAdminApiKey"] as const;
export type SecretName = (typeof secretNames)[number];
