import { z } from "zod";
import { createHttpClient, type HttpRequest } from "#sync/http/client.ts";

/** How the program signs in to Keycloak's Admin API. */
export interface AdminSignIn {
  readonly url: string;
  /** Realm the account lives in. */
  readonly realm: string;
  readonly clientId: string;
  /** With it `secret` is this person's password, without it the client's secret. */
  readonly username?: string | undefined;
  readonly secret: string;
}

/** The few calls that no stock resource makes safely. Every method throws `AccessError` with the answer's status. */
export interface KeycloakAdminApi {
  send<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T>;
}

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number() });

/** A token is renewed this long before its end, in milliseconds. */
const RENEWAL = 15_000;

export function createKeycloakAdminApi(signIn: AdminSignIn, now: () => number = Date.now): KeycloakAdminApi {
  const http = createHttpClient({ service: "Keycloak", baseUrl: signIn.url, remedy: advise });
  let token: { readonly value: string; readonly until: number } | undefined;

  async function bearer(): Promise<string> {
    if (token && token.until > now()) return token.value;
    const answer = await http.send(
      {
        method: "POST",
        path: `/realms/${encodeURIComponent(signIn.realm)}/protocol/openid-connect/token`,
        body: credentials(signIn),
        repetition: "read",
      },
      tokenAnswer,
    );
    token = { value: answer.access_token, until: now() + answer.expires_in * 1000 - RENEWAL };
    return token.value;
  }

  return {
    async send(request, schema) {
      const headers = { ...request.headers, authorization: `Bearer ${await bearer()}` };
      return await http.send({ ...request, path: `/admin/realms${request.path}`, headers }, schema);
    },
  };
}

function credentials({ clientId, username, secret }: AdminSignIn): URLSearchParams {
  return username === undefined
    ? new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: secret })
    : new URLSearchParams({ grant_type: "password", client_id: clientId, username, password: secret });
}

function advise(status: number): string | undefined {
  if (status === 401 || status === 400) return "check keycloak.admin and the secret keycloakAdminSecret";
  if (status === 403) return "the account of keycloak.admin needs manage-realm and manage-clients in this realm";
  return undefined;
}
