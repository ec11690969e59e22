import * as pulumi from "@pulumi/pulumi";
import { createKeycloakAdminApi } from "#components/keycloak/admin-api.ts";
import { prepareKeycloak } from "#components/keycloak/preparation.ts";
import { declareRealmAccess } from "#components/keycloak/realm-access.ts";
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
    const { keycloak } = settings;
    const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const secrets = { keycloakAdminSecret, langfuseAdminApiKey: "" };
    const api = createKeycloakAdminApi({ ...keycloak.admin, url: keycloak.url, secret: keycloakAdminSecret });
    const prepared = await prepareKeycloak(api, { ...settings, owner, hasBreakGlass: false });
    const provider = keycloakProvider({ keycloak, secrets });
    const { loginGate } = declareRealmAccess({ ...settings, owner }, prepared, { provider });
    return { gateFlowAliases: loginGate?.flowAliases ?? [] };
  });
