import type { Element, Flow, Subflow } from "./flow-tree.ts";

/** One gate: clients that carry the marker admit holders of the role only. */
export interface Gate {
  /** Client id of the gated client. */
  readonly client: string;
  /** Marker client scope; prefix of the gate's own elements. */
  readonly scope: string;
  /** Realm role that opens the gate. */
  readonly role: string;
  /** What a refused person reads; a key of the realm's own texts is shown in the language of the page. */
  readonly denyMessage: string;
}

export interface GateSpecification {
  /** Alias of the browser flow, without its generation; prefix of everything in it. */
  readonly flow: string;
  /** The flow whose steps are copied. */
  readonly flowToCopy: string;
  /** Part of every name from the second on, so that a new tree can be built while the old one is in force. */
  readonly generation: number;
  /** At least one; each marker once. */
  readonly gates: readonly Gate[];
}

/** Priority of the first gate that is appended to a flow of others: behind whatever they have. */
const APPENDED = 1000;

/**
 * The browser flow with the gates: everything that signs people in, in a REQUIRED wrapper, and after it the gates as its
 * siblings. The place matters: inside the wrapper an existing SSO cookie would pass by them (keycloak#38308), and before
 * the wrapper there is no user whose roles could be looked at.
 */
export function browserFlow(specification: GateSpecification, signIn: readonly Element[]): Flow {
  const alias = browserFlowAlias(specification);
  const markers = specification.gates.map(({ scope }) => scope).join(", ");
  return {
    alias,
    description: shortened(`Browser login that admits holders of the role only to clients with the scope ${markers}`),
    children: [
      { kind: "subflow", alias: `${alias}-sign-in`, requirement: "REQUIRED", priority: 10, children: signIn },
      ...gatesNamed(specification, "browser", 20),
    ],
  };
}

/**
 * What runs after a login through an identity provider, which skips the browser flow. It begins with a step that always
 * succeeds: a flow of nothing but skipped gates refuses everybody.
 */
export function postBrokerFlow(specification: GateSpecification): Flow {
  return {
    alias: postBrokerFlowAlias(specification),
    description: "After a login through an identity provider: the same gates as in the browser",
    children: [
      { kind: "execution", authenticator: "allow-access-authenticator", requirement: "REQUIRED", priority: 10 },
      ...gatesNamed(specification, "post-broker", 20),
    ],
  };
}

/** The gates as they are appended to a flow that others own. */
export function appendedGates(specification: GateSpecification, flow: string): Subflow[] {
  return gatesNamed(specification, `in-${slug(flow)}`, APPENDED);
}

export function browserFlowAlias({ flow, generation }: Pick<GateSpecification, "flow" | "generation">): string {
  return `${flow}${suffix(generation)}`;
}

export function postBrokerFlowAlias({ flow, generation }: Pick<GateSpecification, "flow" | "generation">): string {
  return `${flow}-post-broker${suffix(generation)}`;
}

/** Whether `alias` is `name` in any generation. */
export function isGenerationOf(alias: string, name: string): boolean {
  return alias === name || (alias.startsWith(`${name}-v`) && /^\d+$/.test(alias.slice(name.length + 2)));
}

/** Names that are safe in the URLs of the provider: `Browser - Conditional 2FA` becomes `browser-conditional-2fa`. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

function suffix(generation: number): string {
  return generation === 1 ? "" : `-v${generation}`;
}

function gatesNamed({ gates, generation }: GateSpecification, place: string, first: number): Subflow[] {
  return gates.map((gate, index) => subflowOf(gate, `${gate.scope}-${place}${suffix(generation)}`, first + index * 10));
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
