import { gateSpecification } from "#sync/gate/settings.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { Configuration } from "./configuration.ts";
import { createKeycloakAdminApi } from "./keycloak/admin-api.ts";
import { type GatePlan, planGate } from "./keycloak/login-gate/gate-plan.ts";
import { readRealmFacts } from "./keycloak/login-gate/realm-facts.ts";
import { requireLangfuse } from "./langfuse/preflight.ts";

/**
 * Asks both servers whether what is configured can be done at all, before the first resource is declared: an `up` that
 * would fail half-way fails here, with nothing changed. Also decides what the login gate will look like.
 *
 * @returns the gate's plan, undefined when the gate is switched off
 */
export async function preflight(configuration: Configuration): Promise<GatePlan | undefined> {
  const { keycloak, langfuse, gate, secrets } = configuration;
  await requireLangfuse(createLangfuseAdminClient({ url: langfuse.url, adminApiKey: secrets.langfuseAdminApiKey }));
  const api = createKeycloakAdminApi({ ...keycloak.admin, url: keycloak.url, secret: secrets.keycloakAdminSecret });
  if (!gate.enabled) return undefined;
  const specification = gateSpecification(gate, keycloak.langfuseClient);
  const facts = await readRealmFacts(api, { realm: keycloak.realm, specification, declaredRoles: [gate.role] });
  return planGate(facts, specification);
}
