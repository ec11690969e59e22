import { failure, type GateFinding, warning } from "./finding.ts";
import type { ClientModel, RealmModel } from "./realm-model.ts";
import { hasForcedLogin } from "./simulation.ts";
import type { GateSpecification } from "./specification.ts";

/** Ways into a gated client that do not run the gate. */
export function bypassFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  const findings: GateFinding[] = [];
  if (model.registrationAllowed) {
    const fact = "people may register themselves, which signs them in to the client without the gate";
    findings.push(failure(25, fact, "switch the realm's user registration off"));
  }
  const resetSteps = model.flows[model.bindings.resetCredentials]?.children ?? [];
  // With `only-federated`, the default, people with a password of this realm are signed in by the link.
  if (model.resetPasswordAllowed && !hasForcedLogin(resetSteps)) {
    const fact = "people may reset their password, which signs them in to the client without the gate";
    findings.push(
      failure(
        25,
        fact,
        'switch "Forgot password" off, or set force-login to "true" on the step reset-credential-email of the reset flow',
      ),
    );
  }
  if (model.policyExecutors.includes("auth-flow-enforcer")) {
    const fact = "a client policy profile has the executor auth-flow-enforcer, which chooses another flow";
    findings.push(failure(23, fact, "remove the executor, or keep its policy away from gated clients"));
  }
  for (const { client } of specification.gates) {
    const found = model.clients.find(({ clientId }) => clientId === client);
    if (found) findings.push(...clientFindings(found));
  }
  return findings;
}

function clientFindings(client: ClientModel): GateFinding[] {
  const { clientId, overrides } = client;
  const findings = Object.entries(overrides).map(([binding, flow]) =>
    failure(
      23,
      `"${clientId}" overrides the realm's ${binding} flow with "${flow}", which has no gate`,
      "remove the override under the client's advanced settings",
    ),
  );
  const grants: readonly [isOn: boolean, name: string, remedy: string][] = [
    [client.directGrant, "direct access grants", 'switch "Direct access grants" off'],
    [client.ciba, "the CIBA grant", 'switch "OIDC CIBA Grant" off'],
    [client.tokenExchange, "token exchange", 'switch "Standard Token Exchange" off'],
    [client.jwtGrant, "the JWT authorization grant", 'switch "JWT Authorization Grant" off'],
  ];
  for (const [isOn, name, remedy] of grants) {
    if (!isOn) continue;
    const fact = `"${clientId}" has ${name} enabled, which gives tokens to people without the role`;
    findings.push(failure(25, fact, `${remedy} in the client's capability settings`));
  }
  if (client.serviceAccount) {
    const fact = `"${clientId}" has a service account, whose tokens no gate looks at`;
    findings.push(warning(25, fact, 'switch "Service account roles" off if nothing uses it'));
  }
  return findings;
}
