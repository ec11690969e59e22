import { gateSpecification } from "#sync/gate/settings.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { Configuration } from "./configuration.ts";
import { createKeycloakAdminApi } from "./keycloak/admin-api.ts";
import { type GatePlan, planGate } from "./keycloak/login-gate/gate-plan.ts";
import { readRealmFacts } from "./keycloak/login-gate/realm-facts.ts";
import { readRetiredGateRoles } from "./keycloak/role-facts.ts";
import { requireLangfuse } from "./langfuse/preflight.ts";

export interface Preparation {
  /** What the login gate will look like; undefined when it is switched off. */
  readonly gatePlan: GatePlan | undefined;
  /** Ids of gate roles under a former name, in force until the flows go by the new one. */
  readonly retiredGateRoles: readonly string[];
}

/**
 * Asks both servers whether what is configured can be done at all, before the first resource is declared: an `up` that
 * would fail half-way fails here, with nothing changed. Also decides what the login gate will look like.
 *
 * @param owner name of the stack in what it makes
 */
export async function preflight(configuration: Configuration, owner: string): Promise<Preparation> {
  const { keycloak, langfuse, gate, secrets } = configuration;
  await requireLangfuse(createLangfuseAdminClient({ url: langfuse.url, adminApiKey: secrets.langfuseAdminApiKey }));
  const api = createKeycloakAdminApi({ ...keycloak.admin, url: keycloak.url, secret: secrets.keycloakAdminSecret });
  const { realm } = keycloak;
  const retiredGateRoles = await readRetiredGateRoles(api, {
    realm,
    owner,
    gateRole: gate.role,
    adoptGateRole: gate.adoptRole,
    roles: configuration.roles.map(({ name }) => name),
  });
  if (!gate.enabled) return { gatePlan: undefined, retiredGateRoles };
  const specification = gateSpecification(gate, keycloak.langfuseClient);
  const facts = await readRealmFacts(api, { realm, specification, owner, declaredRoles: [gate.role] });
  return { gatePlan: planGate(facts, specification), retiredGateRoles };
}
