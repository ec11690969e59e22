import * as pulumi from "@pulumi/pulumi";
import { createKeycloakAdminApi } from "#components/keycloak/admin-api.ts";
import { LoginGate } from "#components/keycloak/login-gate/login-gate.ts";
import { prepareKeycloak } from "#components/keycloak/preparation.ts";
import { RealmRoles } from "#components/keycloak/realm-roles.ts";
import { keycloakProvider } from "#components/providers.ts";
import { withReadableErrors } from "#components/readable-errors.ts";
import { settingsSchema } from "#components/schema.ts";
import { stackValues } from "#components/stack-values.ts";

const shape = settingsSchema.pick({ keycloak: true, roles: true, gate: true });

export default () =>
  withReadableErrors(async () => {
    const { keycloakAdminSecret = "", ...values } = stackValues();
    const decoded = Object.entries(values).map(([key, value]) => [key, JSON.parse(value)]);
    const settings = shape.parse(Object.fromEntries(decoded));
    const { keycloak, gate } = settings;
    const { realm } = keycloak;
    const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const secrets = { keycloakAdminSecret, langfuseAdminApiKey: "" };
    const api = createKeycloakAdminApi({ ...keycloak.admin, url: keycloak.url, secret: keycloakAdminSecret });
    const { gatePlan, retiredGateRoles } = await prepareKeycloak(api, {
      ...settings,
      owner,
      hasBreakGlass: false,
    });
    const provider = { provider: keycloakProvider({ keycloak, secrets }) };
    const roles = new RealmRoles(
      "roles",
      {
        realmId: realm,
        gateRole: gate.role,
        adoptGateRole: gate.adoptRole,
        retiredGateRoles,
        roles: settings.roles,
        owner,
      },
      provider,
    );
    const loginGate =
      gatePlan &&
      new LoginGate("gate", { realm, role: roles.gateRoleName, plan: gatePlan, owner, after: [roles] }, provider);
    return { gateFlowAliases: loginGate?.flowAliases ?? [] };
  });
