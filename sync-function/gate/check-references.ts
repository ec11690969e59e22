import { compareVersions } from "../doctor/version.ts";
import { failure, type GateFinding, REDEPLOY, warning } from "./finding.ts";
import type { RealmModel } from "./realm-model.ts";
import type { GateSpecification } from "./specification.ts";

/** What conditions can name, and where an authenticator of the gate must be known. */
const needed = ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"];

/** What the gates refer to: each reference that leads nowhere leaves a gate open without a word. */
export function referenceFindings(model: RealmModel, specification: GateSpecification): GateFinding[] {
  const findings = needed
    .filter((id) => !model.authenticators.includes(id))
    .map((id) =>
      failure(26, `the server has no authenticator "${id}"`, "use Keycloak 26.1 or newer; 26.7.3 is advised"),
    );
  findings.push(...versionFindings(model.version));
  const { mayBeEmpty = false } = specification;
  for (const { role, scope, client } of specification.gates) {
    findings.push(
      ...roleFindings(model, role, mayBeEmpty),
      ...scopeFindings(model, scope),
      ...markFindings(model, scope, client),
    );
  }
  return findings;
}

/** Warns below the releases without known defects of login flows; a version that is not told cannot be compared. */
export function versionFindings(version: string | undefined): GateFinding[] {
  const parts = /^(\d+)\.(\d+)\.(\d+)/
    .exec(version ?? "")
    ?.slice(1)
    .map(Number);
  if (parts === undefined || compareVersions(parts, [26, 7, 3]) >= 0) return [];
  if (compareVersions(parts, [26, 6, 7]) >= 0 && compareVersions(parts, [26, 7, 0]) < 0) return [];
  const fact = `Keycloak ${version} has known defects by which people pass login flows`;
  return [warning(26, fact, "update to 26.7.3 or newer, or to 26.6.7 in its line")];
}

function roleFindings(model: RealmModel, role: string, mayBeEmpty: boolean): GateFinding[] {
  const found = model.roles[role];
  if (!found) {
    return [
      failure(19, `the role "${role}" does not exist, so its condition never matches`, `${REDEPLOY}, or create it`),
    ];
  }
  if (found.isDefault) {
    const remedy = "take it out of the realm's default roles, under Realm settings, User registration";
    return [
      failure(19, `everybody holds the role "${role}" by the realm's default roles, so nobody is refused`, remedy),
    ];
  }
  const fact = `nobody who can sign in holds the role "${role}", so everybody is locked out`;
  return found.isHeld ? [] : [(mayBeEmpty ? warning : failure)(19, fact, "assign it to a person or a group")];
}

function scopeFindings(model: RealmModel, scope: string): GateFinding[] {
  const found = model.scopes.find(({ name }) => name === scope);
  if (!found) return [failure(20, `the client scope "${scope}" does not exist, so the gate is open`, REDEPLOY)];
  return found.protocol === "openid-connect"
    ? []
    : [failure(20, `the client scope "${scope}" is of ${found.protocol}, so it never matches`, REDEPLOY)];
}

function markFindings(model: RealmModel, scope: string, clientId: string): GateFinding[] {
  const findings: GateFinding[] = [];
  const client = model.clients.find((candidate) => candidate.clientId === clientId);
  if (!client) {
    return [failure(21, `the gated client "${clientId}" does not exist`, "create it, or name another in the settings")];
  }
  if (client.optionalScopes.includes(scope)) {
    const fact = `"${scope}" is an optional scope of "${clientId}": whoever does not ask for it passes the gate`;
    findings.push(failure(21, fact, `remove it there and add it as a default scope: ${REDEPLOY}`));
  } else if (!client.defaultScopes.includes(scope)) {
    const fact = `"${clientId}" lacks the default scope "${scope}", so the gate does not concern it`;
    findings.push(failure(21, fact, `${REDEPLOY}, or add it under the client's scopes`));
  }
  for (const other of model.clients) {
    if (other.clientId === clientId) continue;
    if (![...other.defaultScopes, ...other.optionalScopes].includes(scope)) continue;
    const fact = `"${other.clientId}" has the scope "${scope}" too, and refuses people who should reach it`;
    findings.push(failure(21, fact, "remove the scope from that client"));
  }
  if (model.newClientScopes.includes(scope)) {
    const fact = `the realm gives the scope "${scope}" to new clients, which would be gated`;
    findings.push(failure(21, fact, "remove it from the realm's default and optional client scopes"));
  }
  return findings;
}
