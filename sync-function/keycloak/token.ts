import * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient, type HttpClient, type HttpOptions, type HttpRequest } from "../http/client.ts";
import { pathSegment } from "../http/path.ts";

export interface TokenOptions
  extends Pick<HttpOptions, "timeout" | "deadline" | "attempts" | "connections" | "signal"> {
  /** Address of Keycloak, with `/auth` where it is served below that. */
  readonly url: string;
  /** Name of the realm. */
  readonly realm: string;
  /** A confidential client with a service account. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

export interface AccessToken {
  readonly value: string;
  /** Id of the service account's own user, when the token tells it. */
  readonly subject: string | undefined;
  /** Milliseconds since 1970 from which on it is replaced before use. */
  readonly renewAt: number;
}

export interface TokenSource {
  /** A token that is good for a while yet. Callers that come during a renewal share it. */
  current(): Promise<AccessToken>;
  /** A token other than the one that was refused; asks for one only if nobody else has done so since. */
  replace(refused: AccessToken): Promise<AccessToken>;
}

/** A token is replaced this long before its end, in seconds; short-lived ones at half their life. */
const MARGIN = 30;
const SHORT_LIFE = 60;

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** Tokens of the client credentials grant. */
export function createTokenSource(options: TokenOptions): TokenSource {
  const { send } = createHttpClient({
    ...options,
    service: "Keycloak",
    baseUrl: options.url,
    remedy: (status, message) => tokenRemedy(status, message, options),
  });
  const { realm, clientId, clientSecret, now } = options;
  const grant = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  return tokensFor(send, { realm, grant, ...(now && { now }) });
}

export interface Grant {
  /** Name of the realm that gives the tokens. */
  readonly realm: string;
  /** Fields of the request: its kind, and what proves who asks. */
  readonly grant: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/**
 * Tokens of any grant; a renewal is a new one, since most have no refresh token.
 *
 * @param send to the address of Keycloak
 */
export function tokensFor(send: HttpClient["send"], { realm, grant, now = Date.now }: Grant): TokenSource {
  let token: AccessToken | undefined;
  let pending: Promise<AccessToken> | undefined;

  const request = async (): Promise<AccessToken> => {
    const requestedAt = now();
    const path = `/realms/${pathSegment(realm)}/protocol/openid-connect/token`;
    try {
      // Asking for a token twice does no harm.
      const body = new URLSearchParams(grant);
      const answer = await send({ method: "POST", path, body, repetition: "read" }, tokenAnswer);
      const value = answer.access_token;
      return { value, subject: subjectOf(value), renewAt: requestedAt + renewalAge(answer.expires_in) * 1000 };
    } catch (error) {
      // Keycloak refuses a client with 400 as well as with 401.
      if (!(error instanceof AccessError && error.status === 400)) throw error;
      throw new AccessError("unauthorised", error.message, { status: error.status });
    }
  };
  const renew = (): Promise<AccessToken> => {
    pending ??= request()
      .then((fresh) => {
        token = fresh;
        return fresh;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };
  return {
    current: async () => (token !== undefined && now() < token.renewAt ? token : await renew()),
    replace: async (refused) => (token !== undefined && token !== refused ? token : await renew()),
  };
}

/** Sends a request with a token; one that is refused is replaced and the request repeated, once. */
export async function authorised<T>(
  tokens: TokenSource,
  request: HttpRequest,
  send: (request: HttpRequest) => Promise<T>,
): Promise<T> {
  const withToken = (token: string) =>
    send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
  const token = await tokens.current();
  try {
    return await withToken(token.value);
  } catch (error) {
    if (!(error instanceof AccessError && error.status === 401)) throw error;
    return await withToken((await tokens.replace(token)).value);
  }
}

/** Seconds after which a token that lives `expiresIn` seconds is replaced. */
export function renewalAge(expiresIn: number): number {
  return expiresIn <= SHORT_LIFE ? expiresIn / 2 : expiresIn - MARGIN;
}

/** The `sub` claim; read, not verified: the token comes straight from the server that made it. */
function subjectOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return z.object({ sub: z.string().min(1) }).safeParse(claims).data?.sub;
  } catch {
    return undefined;
  }
}

function tokenRemedy(status: number, message: string, { realm, clientId }: TokenOptions): string | undefined {
  const client = `client "${clientId}" of realm "${realm}"`;
  if (status === 404)
    return `check KEYCLOAK_URL (with /auth if Keycloak is served below it) and that realm "${realm}" exists`;
  if (status !== 400 && status !== 401) return undefined;
  if (message.includes("invalid_client"))
    return `check that ${client} exists, is enabled, and that its secret is the current one`;
  return `check the secret of ${client}, that it is confidential, enabled, and has its service account switched on`;
}
