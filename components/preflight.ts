import { gateSpecification } from "#sync/gate/settings.ts";
import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import type { Configuration } from "./configuration.ts";
import { createKeycloakAdminApi } from "./keycloak/admin-api.ts";
import { type GatePlan, planGate } from "./keycloak/login-gate/gate-plan.ts";
import { readRealmFacts } from "./keycloak/login-gate/realm-facts.ts";
import { readRetiredGateRoles } from "./keycloak/role-facts.ts";
import { givenPair } from "./langfuse/management.ts";
import { requireLangfuse, requireOrganizationKey } from "./langfuse/preflight.ts";

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
  const { keycloak, gate, secrets } = configuration;
  await preflightLangfuse(configuration);
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

/** Nothing is asked where nothing is declared: such a stack needs neither key nor licence. */
async function preflightLangfuse({ langfuse, secrets }: Configuration): Promise<void> {
  const { url, manage, members } = langfuse;
  if (!manage) return;
  const pair = givenPair(secrets);
  if (pair) {
    const hasProjectRoles = members.some(({ projectRoles = [] }) => projectRoles.length > 0);
    await requireOrganizationKey(createLangfuseClient({ url, ...pair }), hasProjectRoles);
  } else if (secrets.langfuseAdminApiKey !== undefined) {
    await requireLangfuse(createLangfuseAdminClient({ url, adminApiKey: secrets.langfuseAdminApiKey }));
  }
}
