import { z } from "zod";
import { plainAddress } from "../address.ts";
import { dnsLabel } from "../dns-label.ts";

const text = z.string().min(1).max(255);
const secretName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "use lower-case letters, digits, dots and dashes");
const domain = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, "use a domain in lower case, such as example.com");

/** How a Langfuse server gets people: `none` leaves its own password form alone. */
const PROVIDERS = ["keycloak", "custom", "none"] as const;

const signIn = z.strictObject({
  /** `custom` is any other OpenID Connect provider; SAML comes through a broker such as Keycloak. */
  provider: z.enum(PROVIDERS).default("keycloak"),
  /** As browsers and the server reach it; that of the realm by default. */
  issuer: plainAddress.optional(),
  /** That of `keycloak.langfuseClient` by default. */
  clientId: text.optional(),
  /** What stands on the button of a custom provider. */
  name: text.optional(),
  /** Scopes asked from a custom provider. */
  scope: text.optional(),
  /** Let a first login enter the account with its address, as people who were provisioned need; on by default. */
  accountLinking: z.boolean().optional(),
  /** Langfuse's own form beside the provider; off by default where there is a gate, which it would go round. */
  passwordLogin: z.boolean().optional(),
  /** Whether somebody whom nobody provisioned gets an account at the first login. */
  signUp: z.boolean().default(true),
  /** Addresses of these domains may use the provider only. */
  enforcedDomains: z.array(domain).default([]),
});

const projectRole = z.enum(["OWNER", "ADMIN", "MEMBER", "VIEWER"]);

/** What everybody gets at their first login, before the sync has seen them. */
const defaultAccess = z.strictObject({
  role: z.enum([...projectRole.options, "NONE"]),
  /** The declared organization by default. */
  organizationId: text.optional(),
  project: z
    .strictObject({
      role: projectRole,
      /** The main project by default. */
      id: text.optional(),
    })
    .optional(),
});

/** What a server makes by itself when it starts on an empty database. */
const init = z.strictObject({
  organization: z.strictObject({ id: text, name: z.string().min(3).max(60).optional() }),
  project: z
    .strictObject({
      id: text,
      name: z.string().min(3).max(60).optional(),
      /** Its secret key is the key `langfuseInitProjectSecretKey`. */
      publicKey: z
        .string()
        .regex(/^pk-lf-\S+$/, "use a key that begins with pk-lf-")
        .optional(),
    })
    .optional(),
  /** The first owner, whose password is the key `langfuseInitUserPassword`. */
  user: z.strictObject({ email: z.email("use an e-mail address"), name: text.optional() }).optional(),
});

/** A Secret of the installation that is there already; its values are taken over once and kept. */
const existingSecret = z.strictObject({
  name: secretName,
  keys: z
    .strictObject({
      nextauthSecret: text.default("NEXTAUTH_SECRET"),
      salt: text.default("SALT"),
      encryptionKey: text.default("ENCRYPTION_KEY"),
    })
    .prefault({}),
  /** Take them also in the place of others that this stack keeps already. */
  replaceKept: z.boolean().default(false),
});

/** Settings of the Langfuse server itself: they become a Secret, a ConfigMap and values of the Helm chart. */
export const serverSettingsSchema = z.strictObject({
  /** Where the server runs; it must exist. The stack's namespace by default. */
  namespace: dnsLabel.optional(),
  /** As browsers reach it; `langfuse.url` by default. */
  publicUrl: plainAddress.optional(),
  existingSecret: existingSecret.optional(),
  sessions: z
    .strictObject({
      /** Raised by one, every session ends: NEXTAUTH_SECRET is made anew. */
      generation: z.int().min(1).default(1),
      /** How long one lasts; Langfuse renews it every five minutes. 30 days by default. */
      maxAgeMinutes: z.int().min(6).max(525_600).optional(),
    })
    .prefault({}),
  signIn: signIn.prefault({}),
  defaultAccess: defaultAccess.optional(),
  /** The only people who may make organizations, in which they would be owners; everybody by default. */
  organizationCreators: z.array(z.email("use an e-mail address").transform((value) => value.toLowerCase())).default([]),
  init: init.optional(),
});

export type ServerSettings = z.output<typeof serverSettingsSchema>;
