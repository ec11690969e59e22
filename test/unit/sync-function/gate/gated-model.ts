import { declaredRealm } from "#sync/gate/declared-realm.ts";
import { liveTree } from "#sync/gate/live-tree.ts";
import type { ClientModel, LiveFlow, RealmModel } from "#sync/gate/realm-model.ts";
import type { FlatExecution } from "#sync/gate/replica.ts";
import type { GateSpecification } from "#sync/gate/specification.ts";
import { builtInBrowserFlows } from "./built-in-flows.ts";

export const specification: GateSpecification = {
  flow: "gated",
  flowToCopy: "browser",
  generation: 1,
  gates: [{ client: "langfuse", scope: "marker", role: "access", denyMessage: "Not you." }],
};

/** A flow as a server has it, with priorities in the order given. */
export function flowOf(alias: string, executions: readonly FlatExecution[], builtIn = false): LiveFlow {
  const rows = executions.map((execution, index) => ({ ...execution, priority: (index + 1) * 10 }));
  return { alias, description: "", builtIn, children: liveTree(rows) };
}

export const client = (clientId: string, changes: Partial<ClientModel> = {}): ClientModel => ({
  clientId,
  protocol: "openid-connect",
  defaultScopes: ["profile"],
  optionalScopes: ["phone"],
  directGrant: false,
  serviceAccount: false,
  device: false,
  ciba: false,
  tokenExchange: false,
  jwtGrant: false,
  overrides: {},
  ...changes,
});

const step = (level: number, requirement: string, providerId: string): FlatExecution => ({
  level,
  requirement,
  providerId,
});

/** A realm that nobody has gated yet. */
export const openRealm: RealmModel = {
  name: "company",
  bindings: {
    browser: "browser",
    registration: "registration",
    directGrant: "direct grant",
    resetCredentials: "reset credentials",
  },
  registrationAllowed: false,
  organizationsEnabled: false,
  resetPasswordAllowed: false,
  forceLoginDefault: "only-federated",
  flows: {
    browser: flowOf("browser", builtInBrowserFlows["26.7.5"], true),
    registration: flowOf("registration", [
      { level: 0, requirement: "REQUIRED", displayName: "registration form", authenticationFlow: true },
      step(1, "REQUIRED", "registration-user-creation"),
    ]),
    "direct grant": flowOf("direct grant", [
      step(0, "REQUIRED", "direct-grant-validate-username"),
      step(0, "REQUIRED", "direct-grant-validate-password"),
    ]),
    "reset credentials": flowOf("reset credentials", [
      step(0, "REQUIRED", "reset-credentials-choose-user"),
      step(0, "REQUIRED", "reset-credential-email"),
      step(0, "REQUIRED", "reset-password"),
    ]),
    theirs: flowOf("theirs", [step(0, "REQUIRED", "allow-access-authenticator")]),
  },
  clients: [client("langfuse"), client("wiki")],
  scopes: [{ name: "marker", protocol: "openid-connect" }],
  newClientScopes: ["profile"],
  identityProviders: [
    { alias: "partner", enabled: true, postFlow: undefined },
    { alias: "vendor", enabled: true, postFlow: "theirs" },
  ],
  roles: { access: { isHeld: true } },
  policyExecutors: [],
  version: "26.7.5",
  authenticators: ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"],
};

/** The same with the gate. */
export const gatedRealm: RealmModel = declaredRealm(openRealm, specification);
