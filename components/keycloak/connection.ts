import { z } from "zod";
import { createKeycloakAdminApi, type KeycloakAdminApi } from "./admin-api.ts";

/** The stack configuration as a dynamic provider sees it; keys without a colon are the project's own. */
interface StackConfig {
  require(key: string): string;
}

const settings = z.object({
  url: z.string(),
  admin: z
    .object({
      realm: z.string().default("master"),
      clientId: z.string().default("admin-cli"),
      username: z.string().optional(),
    })
    .prefault({}),
});

let api: KeycloakAdminApi | undefined;

/** Remembers how to reach Keycloak, for all resources of this provider process; nothing is stored with them. */
export function configure(config: StackConfig): void {
  const { url, admin } = settings.parse(JSON.parse(config.require("keycloak")));
  api = createKeycloakAdminApi({ url, ...admin, secret: config.require("keycloakAdminSecret") });
}

export function adminApi(): KeycloakAdminApi {
  if (!api) throw new Error("The Keycloak resources were used before the engine configured them.");
  return api;
}
