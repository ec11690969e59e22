import { createLangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient } from "#sync/langfuse/client.ts";
import type { Configuration } from "./configuration.ts";
import { createKeycloakAdminApi } from "./keycloak/admin-api.ts";
import { type KeycloakPreparation, prepareKeycloak } from "./keycloak/preparation.ts";
import { givenPair } from "./langfuse/management.ts";
import { requireKeyOf, requireLangfuse, requireOrganizationKey } from "./langfuse/preflight.ts";

/**
 * Asks both servers whether what is configured can be done at all, before the first resource is declared: an `up` that
 * would fail half-way fails here, with nothing changed. Also decides what the login gate will look like.
 *
 * @param owner name of the stack in what it makes
 */
export async function preflight(configuration: Configuration, owner: string): Promise<KeycloakPreparation> {
  const { keycloak, langfuse, secrets } = configuration;
  const api = createKeycloakAdminApi({ ...keycloak.admin, url: keycloak.url, secret: secrets.keycloakAdminSecret });
  const hasBreakGlass = langfuse.members.some(({ role }) => role === "OWNER");
  const [prepared] = await Promise.all([
    prepareKeycloak(api, { ...configuration, owner, hasBreakGlass }),
    preflightLangfuse(configuration),
  ]);
  return prepared;
}

/** Nothing is asked where nothing is declared: such a stack needs neither key nor licence. */
async function preflightLangfuse({ langfuse, secrets }: Configuration): Promise<void> {
  const { url, manage, members, organization } = langfuse;
  if (!manage) return;
  const { langfuseAdminApiKey: adminApiKey } = secrets;
  const pair = givenPair(secrets);
  const admin = adminApiKey === undefined ? undefined : createLangfuseAdminClient({ url, adminApiKey });
  if (pair) {
    const client = createLangfuseClient({ url, ...pair });
    const hasProjectRoles = members.some(({ projectRoles = [] }) => projectRoles.length > 0);
    await requireOrganizationKey(client, hasProjectRoles);
    if (admin && organization.id !== undefined) await requireKeyOf(organization.id, client, admin);
  } else if (admin) {
    await requireLangfuse(admin);
  }
}
