import type { AuthorisationCode } from "./authorise.ts";

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  /** Seconds. */
  readonly expires_in: number;
  readonly scope: string;
}

export type TokenOutcome =
  | { readonly kind: "tokens"; readonly tokens: Tokens }
  | {
      readonly kind: "error";
      readonly status: number;
      readonly error: string;
      readonly description: string | undefined;
    };

/** Milliseconds that the token endpoint may take. */
const TIMEOUT = 30_000;

/** Trades an authorization code for tokens, as the application's server does. */
export async function exchangeCode(code: AuthorisationCode, clientSecret: string): Promise<TokenOutcome> {
  return await requestTokens(code.issuer, {
    grant_type: "authorization_code",
    client_id: code.clientId,
    client_secret: clientSecret,
    code: code.code,
    redirect_uri: code.redirectUri,
    code_verifier: code.codeVerifier,
  });
}

/** Any request to the token endpoint of a realm, for example with `grant_type` `refresh_token` or `password`. */
export async function requestTokens(issuer: string, form: Readonly<Record<string, string>>): Promise<TokenOutcome> {
  const answer = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (answer.ok) return { kind: "tokens", tokens: (await answer.json()) as Tokens };
  const failure = (await answer.json()) as { error: string; error_description?: string };
  return { kind: "error", status: answer.status, error: failure.error, description: failure.error_description };
}

/** Claims of a token as written; its signature is not checked. */
export function readClaims(token: string): Readonly<Record<string, unknown>> {
  const payload = token.split(".")[1] ?? "";
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Record<string, unknown>;
}
