import type { Element, Flow, Subflow } from "./flow-tree.ts";

export interface GateNames {
  /** Alias of the browser flow; prefix of everything in it. */
  readonly flow: string;
  /** Marker client scope; prefix of the gate's own elements. */
  readonly scope: string;
  /** Realm role that opens the gate. */
  readonly role: string;
  readonly denyMessage: string;
}

/**
 * The browser flow with the gate: everything that signs people in, in a REQUIRED wrapper, and after it the gate as its
 * sibling. The place matters: inside the wrapper an existing SSO cookie would pass by it (keycloak#38308), and before
 * the wrapper there is no user whose roles could be looked at.
 */
export function browserFlow(names: GateNames, signIn: readonly Element[]): Flow {
  return {
    alias: names.flow,
    description: `Browser login in which clients with the scope ${names.scope} admit holders of ${names.role} only`,
    children: [
      { kind: "subflow", alias: `${names.flow}-sign-in`, requirement: "REQUIRED", priority: 10, children: signIn },
      gate(names, `${names.scope}-browser`, 20),
    ],
  };
}

/** CONDITIONAL: for clients without the marker, and for holders of the role, it is as if it were not there. */
function gate(names: GateNames, alias: string, priority: number): Subflow {
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
        config: { alias: `${alias}-scope`, values: { client_scope: names.scope } },
      },
      {
        kind: "execution",
        authenticator: "conditional-user-role",
        requirement: "REQUIRED",
        priority: 20,
        config: { alias: `${alias}-role`, values: { condUserRole: names.role, negate: "true" } },
      },
      {
        kind: "execution",
        authenticator: "deny-access-authenticator",
        requirement: "REQUIRED",
        priority: 30,
        config: { alias: `${alias}-deny`, values: { denyErrorMessage: names.denyMessage } },
      },
    ],
  };
}
