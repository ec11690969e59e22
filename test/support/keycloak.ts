import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { inject } from "vitest";
import type { KeycloakAdmin } from "#local/keycloak/admin.ts";
import { adminOf, type KeycloakAccess } from "#local/keycloak/server.ts";

export interface BorrowedKeycloak extends KeycloakAccess {
  readonly admin: KeycloakAdmin;
  /** Gives it back without its realms; the settings of `master` are left alone. Another file may have it after that. */
  stop(): Promise<void>;
}

/**
 * A Keycloak for the caller alone, with no realm but `master`. The first start of a version takes minutes.
 *
 * @param version default: that of `startKeycloak`
 */
export async function borrowKeycloak(version = ""): Promise<BorrowedKeycloak> {
  const access = (await ask("POST", version)) as KeycloakAccess;
  return {
    ...access,
    admin: adminOf(access),
    stop: async () => {
      await ask("DELETE", access.url);
    },
  };
}

async function ask(method: "POST" | "DELETE", named: string): Promise<unknown> {
  const [response] = (await once(
    request(`${inject("keycloakLender")}/${encodeURIComponent(named)}`, { method }).end(),
    "response",
  )) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`the lender of Keycloak says: ${answer}`);
  return JSON.parse(answer);
}
