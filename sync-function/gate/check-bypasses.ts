import { failure, type GateFinding, warning } from "./finding.ts";
import { isGenerationOf } from "./fingerprint.ts";
import { endsInGates } from "./gated-flow.ts";
import type { ClientModel, RealmModel } from "./realm-model.ts";
import { isLoginForced } from "./simulation.ts";
import type { Bypass, Gate, GateSpecification } from "./specification.ts";

/** Ways into a gated client that do not run the gate. Those that are accepted are warnings. */
export function bypassFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  const { accepted = [], gates } = specification;
  const clients = gates.flatMap(({ client }) => model.clients.filter(({ clientId }) => clientId === client));
  const open = [...realmBypasses(model, gates), ...clients.flatMap(clientBypasses)];
  return [
    ...open.map(({ bypass, fact, remedy, isWeak }) =>
      (isWeak || accepted.includes(bypass) ? warning : failure)(
        25,
        fact,
        accepted.includes(bypass) ? `${remedy}; it is accepted as "${bypass}"` : remedy,
      ),
    ),
    ...otherFlows(model, clients, specification),
  ];
}

interface OpenBypass {
  readonly bypass: Bypass;
  readonly fact: string;
  readonly remedy: string;
  /** It opens the gate only to whom it was open before, or to no person. */
  readonly isWeak?: boolean;
}

function realmBypasses(model: RealmModel, gates: readonly Gate[]): OpenBypass[] {
  const open: OpenBypass[] = [];
  const isRegistrationGated = endsInGates(model.flows[model.bindings.registration]?.children ?? [], gates);
  if (model.registrationAllowed && !isRegistrationGated) {
    open.push({
      bypass: "registration",
      fact: "people may register themselves, which signs them in to the client without the gate",
      remedy: "switch the realm's user registration off, or end its registration flow in the gate",
    });
  }
  // The link of an invitation registers people for whatever client they write into it.
  if (model.organizationsEnabled && !model.registrationAllowed && !isRegistrationGated) {
    open.push({
      bypass: "organization-invitation",
      fact: "whoever is invited to an organization registers, which signs them in to the client without the gate",
      remedy: "end the realm's registration flow in the gate, or switch its organizations off",
    });
  }
  // With `only-federated`, the default, people with a password of this realm are signed in by the link.
  if (model.resetPasswordAllowed && !isLoginForced(model)) {
    open.push({
      bypass: "reset-credentials",
      fact: "people may reset their password, which signs them in to the client without the gate",
      remedy:
        model.forceLoginDefault === undefined
          ? 'switch "Forgot password" off; Keycloak 26.1.1 and newer can force a login instead'
          : 'set gate.forceLoginAfterReset to true (force-login on the step reset-credential-email), or switch "Forgot password" off',
    });
  }
  return open;
}

function clientBypasses(client: ClientModel): OpenBypass[] {
  const { clientId } = client;
  const grants: readonly [isOn: boolean, bypass: Bypass, name: string, remedy: string][] = [
    [client.directGrant, "direct-grant", "direct access grants", 'switch "Direct access grants" off'],
    [client.ciba, "ciba", "the CIBA grant", 'switch "OIDC CIBA Grant" off'],
    [client.tokenExchange, "token-exchange", "token exchange", 'switch "Standard Token Exchange" off'],
    [client.jwtGrant, "jwt-grant", "the JWT authorization grant", 'switch "JWT Authorization Grant" off'],
  ];
  const open = grants.flatMap(([isOn, bypass, name, remedy]): OpenBypass[] =>
    isOn
      ? [
          {
            bypass,
            fact: `"${clientId}" has ${name} enabled, which gives tokens to people without the role`,
            remedy: `${remedy} in the client's capability settings`,
          },
        ]
      : [],
  );
  if (client.serviceAccount) {
    open.push({
      bypass: "service-account",
      fact: `"${clientId}" has a service account, whose tokens no gate looks at`,
      remedy: 'switch "Service account roles" off if nothing uses it',
      isWeak: true,
    });
  }
  if ([...client.defaultScopes, ...client.optionalScopes].includes("offline_access")) {
    open.push({
      bypass: "offline-access",
      fact: `"${clientId}" may ask for offline tokens, which outlive the loss of the role`,
      remedy: `remove the scope "offline_access" from the client, which Langfuse does not ask for`,
      isWeak: true,
    });
  }
  return open;
}

/** Settings by which a gated client runs another flow than the one with the gate. */
function otherFlows(
  model: RealmModel,
  clients: readonly ClientModel[],
  specification: GateSpecification,
): GateFinding[] {
  const remedy = "remove the override under the client's advanced settings";
  const isOurs = (flow: string) => isGenerationOf(flow, specification.flow);
  const findings = clients.flatMap(({ clientId, overrides }) =>
    Object.entries(overrides).flatMap(([binding, flow]) => {
      const fact = `"${clientId}" overrides the realm's ${binding} flow with "${flow}"`;
      if (binding !== "browser" || !isOurs(flow)) return [failure(23, `${fact}, which has no gate`, remedy)];
      // While a run moves the binding from the client to the realm, both are there.
      return specification.binding === "client" ? [] : [warning(23, `${fact}, a flow of this gate`, remedy)];
    }),
  );
  if (model.policyExecutors.includes("auth-flow-enforcer")) {
    const fact = "a client policy profile has the executor auth-flow-enforcer, which chooses another flow";
    findings.push(failure(23, fact, "remove the executor, or keep its policy away from gated clients"));
  }
  return findings;
}
