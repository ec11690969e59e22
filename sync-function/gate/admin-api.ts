import * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient, type HttpRequest } from "../http/client.ts";
import type { Remedy } from "../http/failure.ts";
import { pathSegment } from "../http/path.ts";

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
const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number() });

/** A token is renewed this long before its end, in milliseconds. */
const RENEWAL = 15_000;

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
  let token: { readonly value: string; readonly until: number } | undefined;
  let renewal: Promise<string> | undefined;

  /** One sign-in serves whoever asks while it is under way. */
  async function bearer(): Promise<string> {
    if (token && token.until > now()) return token.value;
    renewal ??= renewed().finally(() => {
      renewal = undefined;
    });
    return await renewal;
  }

  async function renewed(): Promise<string> {
    const answer = await http.send(
      {
        method: "POST",
        path: `/realms/${pathSegment(signIn.realm)}/protocol/openid-connect/token`,
        body: credentials(signIn),
        repetition: "read",
      },
      tokenAnswer,
    );
    token = { value: answer.access_token, until: now() + answer.expires_in * 1000 - RENEWAL };
    return token.value;
  }

  async function send<T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T> {
    const headers = { ...request.headers, authorization: `Bearer ${await bearer()}` };
    return await http.send({ ...request, path: `/admin${request.path}`, headers }, schema);
  }

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

function credentials({ clientId, username, secret }: AdminSignIn): URLSearchParams {
  return username === undefined
    ? new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: secret })
    : new URLSearchParams({ grant_type: "password", client_id: clientId, username, password: secret });
}
