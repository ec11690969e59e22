import * as keycloak from "@pulumi/keycloak";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "./configuration.ts";

/** Seconds a Keycloak call may take: writes of a whole realm outlast the provider's five. */
const clientTimeout = 30;

export function keycloakProvider({
  keycloak: settings,
  secrets,
}: Pick<Configuration, "keycloak" | "secrets">): keycloak.Provider {
  const { username, clientId, realm } = settings.admin;
  const secret = pulumi.secret(secrets.keycloakAdminSecret);
  return new keycloak.Provider("keycloak", {
    url: settings.url,
    realm,
    clientId,
    clientTimeout,
    ...(username === undefined ? { clientSecret: secret } : { username, password: secret }),
  });
}

export function kubernetesProvider({ kubernetes: settings }: Configuration): kubernetes.Provider {
  const { kubeconfig, context } = settings;
  return new kubernetes.Provider("kubernetes", {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    enableServerSideApply: true,
    // Otherwise a rotation would delete a Secret before it makes it anew, and a run that died between would leave none.
    enableSecretMutable: true,
    enableConfigMapMutable: true,
  });
}
