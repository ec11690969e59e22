import * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient, type HttpRequest } from "../http/client.ts";
import type { Remedy } from "../http/failure.ts";
import { authorised, tokensFor } from "../keycloak/token.ts";

/** How to sign in to Keycloak's Admin API. */
export interface AdminSignIn {
  readonly url: string;
  /** Realm the account lives in. */
  readonly realm: string;
  readonly clientId: string;
  /** With it `secret` is this person's password, without it the client's secret. */
  readonly username?: string | undefined;
  readonly secret: string;
}

/** Calls below `/admin/realms`. Every one throws `AccessError` with the answer's status. */
export interface AdminApi {
  send<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T>;
  /** Version of the server; undefined where it does not tell this account, as newer ones do outside `master`. */
  version(): Promise<string | undefined>;
}

const serverAnswer = z.object({ systemInfo: z.object({ version: z.string().optional() }).optional() });

/** @param remedy what to do about a refusal; only the caller knows where the account was named */
export function createAdminApi(
  signIn: AdminSignIn,
  remedy: Remedy,
  options: { readonly now?: () => number; readonly signal?: AbortSignal } = {},
): AdminApi {
  const { now = Date.now, signal } = options;
  const http = createHttpClient({
    service: "Keycloak",
    baseUrl: signIn.url,
    remedy,
    ...(signal === undefined ? {} : { signal }),
  });
  const tokens = tokensFor(http.send, { realm: signIn.realm, grant: grantOf(signIn), now });

  const send = <T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T> =>
    authorised(tokens, { ...request, path: `/admin${request.path}` }, (own) => http.send(own, schema));

  return {
    send: (request, schema) => send({ ...request, path: `/realms${request.path}` }, schema),
    version: async () =>
      (await send({ method: "GET", path: "/serverinfo" }, serverAnswer).catch(noneWhenForbidden))?.systemInfo?.version,
  };
}

function noneWhenForbidden(error: unknown): undefined {
  if (error instanceof AccessError && error.status === 403) return undefined;
  throw error;
}

function grantOf({ clientId, username, secret }: AdminSignIn): Readonly<Record<string, string>> {
  return username === undefined
    ? { grant_type: "client_credentials", client_id: clientId, client_secret: secret }
    : { grant_type: "password", client_id: clientId, username, password: secret };
}
