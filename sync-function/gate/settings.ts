import * as z from "zod";
import { BINDINGS, BYPASSES, type GateSpecification } from "./specification.ts";

/** Flow, sub-flow and scope names go unescaped into URLs of the Pulumi provider. */
const alias = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, "use at most 60 lower-case letters, digits and dashes");
/** A dotted name would be looked up as `client.role` by the role condition first. */
export const realmRole = z
  .string()
  .regex(/^(?!\d+$)[^./?#%\s]{1,255}$/, "use a name with a letter in it and without dots, slashes and blanks");
const denyMessage = z.string().min(1).max(255);
const denied = "You do not have access to Langfuse. Ask for a Langfuse role.";

const other = z.strictObject({
  /** Client id of a further gated client; it is taken by name and never owned. */
  client: z.string().min(1).max(255),
  /** Realm role that opens its gate; the gate's own, or one that exists already. */
  role: realmRole,
  /** Its marker; each gated client has one of its own. */
  scope: alias,
  denyMessage: denyMessage.default("You do not have access to this application."),
});

/** The settings of the gate, the same in a stack's configuration and for the checks of a live realm. */
export const gateSettingsSchema = z.strictObject({
  /** Off: nothing of the gate is declared, everybody of the realm reaches Langfuse. */
  enabled: z.boolean().default(true),
  /** Realm role that opens the gate; every role of `roles` includes it. */
  role: realmRole.default("langfuse-access"),
  /** The role exists and is of others: it is not declared, no role of `roles` includes it, and people need both. */
  adoptRole: z.boolean().default(false),
  /** Client scope that marks a gated client. */
  scope: alias.default("langfuse-gate"),
  /** Alias of the browser flow that holds the gate; a fingerprint of its content is added. */
  flow: alias.default("browser-langfuse"),
  /** The flow whose steps are copied: the one that is bound before the gate. */
  flowToCopy: z.string().min(1).max(255).default("browser"),
  /** Another number builds all flows anew beside the old ones, which are deleted once the new ones are bound. */
  generation: z.int().min(1).max(9999).default(1),
  /** Where the flow is bound: for all logins of the realm, or at the gated clients alone. */
  binding: z.enum(BINDINGS).default("realm"),
  /** Ways round the gate that are left open on purpose; others fail the `up` that finds them. */
  acceptedBypasses: z.array(z.enum(BYPASSES)).default([]),
  /** After the reset of a password everybody of the realm logs in once more, which closes that way round the gate. */
  forceLoginAfterReset: z.boolean().default(false),
  /** Close the gate although nobody holds a role that opens it, and no owner is declared in `langfuse.members`. */
  allowEmpty: z.boolean().default(false),
  /** What a refused person reads: a text, or a key of the realm's localization texts. */
  denyMessage: denyMessage.default(denied),
  /** Further clients with gates of their own. */
  others: z.array(other).default([]),
});

export type GateSettings = z.output<typeof gateSettingsSchema>;

/** The same with the client of the first gate, as `GATE_SETTINGS` holds them for the checks of a live realm. */
export const gateDocumentSchema = gateSettingsSchema.extend({ client: z.string().min(1).max(255).default("langfuse") });

/** `GATE_SETTINGS` of a stack: read back, it is the very specification that the stack declares. */
export function gateDocument(settings: GateSettings, langfuseClient: string): string {
  return JSON.stringify({ ...settings, client: langfuseClient } satisfies z.input<typeof gateDocumentSchema>);
}

export function gateSpecification(settings: GateSettings, langfuseClient: string): GateSpecification {
  const { flow, flowToCopy, generation, scope, role, denyMessage: message, others } = settings;
  const { binding, acceptedBypasses: accepted, allowEmpty: mayBeEmpty } = settings;
  return {
    flow,
    flowToCopy,
    generation,
    gates: [{ client: langfuseClient, scope, role, denyMessage: message }, ...others],
    binding,
    accepted,
    mayBeEmpty,
  };
}
