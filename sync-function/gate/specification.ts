import { fingerprint } from "./fingerprint.ts";
import { type Element, type Flow, isGate, type Subflow } from "./flow-tree.ts";

/** One gate: clients that carry the marker admit holders of the role only. */
export interface Gate {
  /** Client id of the gated client. */
  readonly client: string;
  /** Marker client scope; prefix of the gate's own elements. */
  readonly scope: string;
  /** Realm role that opens the gate. */
  readonly role: string;
  /** What a refused person reads: a text, or a key of the realm's localization texts, shown in the page's language. */
  readonly denyMessage: string;
}

export interface GateSpecification {
  /** Alias of the browser flow, without the fingerprint of its content; prefix of everything in it. */
  readonly flow: string;
  /** The flow whose steps are copied. */
  readonly flowToCopy: string;
  /** Part of every fingerprint: another number builds the same flows anew, beside the old ones. */
  readonly generation: number;
  /** At least one; each marker once. */
  readonly gates: readonly Gate[];
  /** Where the browser flow is bound: for all logins of the realm, as it is without this, or at the gated clients only. */
  readonly binding?: Binding;
  /** Ways round the gate that are left open on purpose: they are warned of, and no error. */
  readonly accepted?: readonly Bypass[];
  /** Nobody need hold a role of the gates. */
  readonly mayBeEmpty?: boolean;
}

export const BINDINGS = ["realm", "client"] as const;
export type Binding = (typeof BINDINGS)[number];

/** Ways into a gated client that no gate looks at, and that a setting of the realm or the client closes. */
export const BYPASSES = [
  "registration",
  "organization-invitation",
  "reset-credentials",
  "direct-grant",
  "ciba",
  "token-exchange",
  "jwt-grant",
  "service-account",
  "offline-access",
] as const;
export type Bypass = (typeof BYPASSES)[number];

/** Priority of the first gate that is appended to a flow of others, when they have none behind it. */
const APPENDED = 1000;

/** Most characters that a name of others takes up in one of ours: the server allows 255 for the whole. */
const LONGEST_PART = 80;

/**
 * The browser flow with the gates: everything that signs people in, in a REQUIRED wrapper, and after it the gates as its
 * siblings. The place matters: inside the wrapper an existing SSO cookie would pass by them (keycloak#38308), and before
 * the wrapper there is no user whose roles could be looked at.
 *
 * @param signIn what signs people in, with this prefix in all its names
 * @param alias another name than that of its content, for the comparison with a tree that has one
 */
export function browserFlow(
  { flow, gates, generation }: GateSpecification,
  signIn: (prefix: string) => readonly Element[],
  alias?: string,
): Flow {
  const markers = gates.map(({ scope }) => scope).join(", ");
  const build = (prefix: string): Flow => ({
    alias: prefix,
    description: shortened(`Browser login that admits holders of the role only to clients with the scope ${markers}`),
    children: [
      { kind: "subflow", alias: `${prefix}-sign-in`, requirement: "REQUIRED", priority: 10, children: signIn(prefix) },
      ...gatesIn(gates, prefix),
    ],
  });
  return alias === undefined ? named(flow, generation, build) : build(alias);
}

/**
 * What runs after a login through an identity provider, which skips the browser flow. It begins with a step that always
 * succeeds: a flow of nothing but skipped gates refuses everybody.
 */
export function postBrokerFlow(specification: GateSpecification, alias?: string): Flow {
  const build = (prefix: string): Flow => ({
    alias: prefix,
    description: "After a login through an identity provider: the same gates as in the browser",
    children: [
      { kind: "execution", authenticator: "allow-access-authenticator", requirement: "REQUIRED", priority: 10 },
      ...gatesIn(specification.gates, prefix),
    ],
  });
  return alias === undefined ? named(postBrokerName(specification), specification.generation, build) : build(alias);
}

/**
 * The gates as they are appended to a flow that others own.
 *
 * @param children what is in it already; gates among them do not count, for they may be ours
 */
export function appendedGates(
  { gates, generation }: GateSpecification,
  flow: string,
  children: readonly Element[],
): Subflow[] {
  const theirs = children.filter((child) => !isGate(child)).map(({ priority }) => priority + 10);
  const first = Math.max(APPENDED, ...theirs);
  return gates.map((gate, index) =>
    named(`${gate.scope}-in-${slug(flow).slice(0, LONGEST_PART)}`, [generation, flow], (alias) =>
      subflowOf(gate, alias, first + index * 10),
    ),
  );
}

/** Alias of the post-broker flow, without its fingerprint. */
export function postBrokerName({ flow }: Pick<GateSpecification, "flow">): string {
  return `${flow}-post-broker`;
}

/** Names that are safe in the URLs of the provider: `Browser - Conditional 2FA` becomes `browser-conditional-2fa`. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/**
 * A tree whose name, and with it the name of everything in it, holds a fingerprint of its content: whatever changes makes
 * another tree, which is built beside the one in force, and a tree that people log in with is never edited.
 */
function named<T>(name: string, salt: unknown, build: (alias: string) => T): T {
  return build(`${name}-${fingerprint([salt, build(name)])}`);
}

function gatesIn(gates: readonly Gate[], flow: string): Subflow[] {
  return gates.map((gate, index) => subflowOf(gate, `${flow}-${gate.scope}`, 20 + index * 10));
}

/** CONDITIONAL: for clients without the marker, and for holders of the role, it is as if it were not there. */
function subflowOf({ scope, role, denyMessage }: Gate, alias: string, priority: number): Subflow {
  return {
    kind: "subflow",
    alias,
    requirement: "CONDITIONAL",
    priority,
    children: [
      {
        kind: "execution",
        authenticator: "conditional-client-scope",
        requirement: "REQUIRED",
        priority: 10,
        config: { alias: `${alias}-scope`, values: { client_scope: scope } },
      },
      {
        kind: "execution",
        authenticator: "conditional-user-role",
        requirement: "REQUIRED",
        priority: 20,
        config: { alias: `${alias}-role`, values: { condUserRole: role, negate: "true" } },
      },
      {
        kind: "execution",
        authenticator: "deny-access-authenticator",
        requirement: "REQUIRED",
        priority: 30,
        config: { alias: `${alias}-deny`, values: { denyErrorMessage: denyMessage } },
      },
    ],
  };
}

/** A longer description is a server error. */
function shortened(description: string): string {
  return description.length > 255 ? `${description.slice(0, 252)}...` : description;
}
