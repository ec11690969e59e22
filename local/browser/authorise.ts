import { createHash, randomBytes } from "node:crypto";
import type { Browser, Halt, Page } from "./browser.ts";
import { type Credentials, readKeycloakPage } from "./keycloak-page.ts";

export interface AuthorisationRequest {
  /** Address of the realm, for example `http://127.0.0.1:8080/realms/company`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Nothing needs to listen there: the browser stops before it opens it. */
  readonly redirectUri: string;
  /** `openid email profile` by default. */
  readonly scope?: string;
  readonly prompt?: "none" | "login" | "consent" | "select_account";
  /** Further parameters of the request, for example `max_age`, `acr_values`, `kc_idp_hint`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Everything that `exchangeCode` needs. */
export interface AuthorisationCode {
  readonly kind: "code";
  readonly code: string;
  readonly codeVerifier: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
}

export type AuthorisationOutcome =
  | AuthorisationCode
  /** Keycloak showed an error page, or the form again with a message. */
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  /** Keycloak sent the browser back with an error, for example `login_required`. */
  | { readonly kind: "error"; readonly error: string; readonly description: string | undefined }
  /** A password is needed and none was given. */
  | { readonly kind: "login-form" }
  | { readonly kind: "other"; readonly status: number; readonly title: string };

/** Asks for an authorization code (with PKCE) the way any OIDC application does, signing in where it is asked to. */
export async function authorise(
  browser: Browser,
  request: AuthorisationRequest,
  credentials?: Credentials,
): Promise<AuthorisationOutcome> {
  const state = randomBytes(16).toString("base64url");
  const codeVerifier = randomBytes(32).toString("base64url");
  const isCallback = (url: URL) => `${url.origin}${url.pathname}` === request.redirectUri;
  const url = new URL(`${request.issuer}/protocol/openid-connect/auth`);
  url.search = new URLSearchParams({
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    response_type: "code",
    scope: request.scope ?? "openid email profile",
    state,
    code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(request.prompt ? { prompt: request.prompt } : {}),
    ...request.parameters,
  }).toString();

  let end: Page | Halt = await browser.follow({ url }, isCallback);
  if (!("halted" in end)) {
    const shown = readKeycloakPage(end);
    if (shown.kind === "refusal") return { ...shown, kind: "refused" };
    if (shown.kind === "other") return shown;
    if (!credentials) return { kind: "login-form" };
    end = await browser.follow({ page: end, form: shown.form, typed: { ...credentials } }, isCallback);
  }
  if (!("halted" in end)) {
    const answer = readKeycloakPage(end);
    return answer.kind === "refusal"
      ? { ...answer, kind: "refused" }
      : answer.kind === "other"
        ? answer
        : { kind: answer.kind };
  }
  return readCallback(end.halted, state, { ...request, codeVerifier });
}

function readCallback(
  callback: URL,
  state: string,
  request: AuthorisationRequest & { readonly codeVerifier: string },
): AuthorisationOutcome {
  const parameters = callback.searchParams;
  if (parameters.get("state") !== state) throw new Error("Keycloak sent the browser back with another state");
  const error = parameters.get("error");
  if (error) return { kind: "error", error, description: parameters.get("error_description") ?? undefined };
  const code = parameters.get("code");
  if (!code) throw new Error("Keycloak sent the browser back with neither code nor error");
  const { issuer, clientId, redirectUri, codeVerifier } = request;
  return { kind: "code", code, codeVerifier, issuer, clientId, redirectUri };
}
