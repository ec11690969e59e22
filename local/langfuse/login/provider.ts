import { z } from "zod";
import type { Profile } from "./admission.ts";
import { keySetSchema, verifyIdToken } from "./id-token.ts";
import type { LoginOptions } from "./options.ts";

/** How long one answer of the identity provider may take, in milliseconds. */
const TIMEOUT = 10_000;

const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  // RFC 8414: basic authentication when the list is absent.
  token_endpoint_auth_methods_supported: z.array(z.string()).default(["client_secret_basic"]),
});
type Metadata = z.infer<typeof metadataSchema>;

const tokensSchema = z.object({ id_token: z.string() });

const profileSchema = z.object({
  sub: z.string(),
  email: z.string().nullish(),
  name: z.string().nullish(),
  preferred_username: z.string().nullish(),
});

export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly codeChallenge: string;
  /** Parameters that the sign-in request added, such as `prompt`. */
  readonly extra: URLSearchParams;
}

export interface AuthorizationAnswer {
  readonly code: string;
  /** RFC 9207: who sent the answer. */
  readonly issuer: string | null;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

/** The OpenID Connect provider, found through its discovery document when somebody signs in for the first time. */
export class IdentityProvider {
  readonly #options: LoginOptions;
  readonly #clock: () => Date;
  #metadata: Metadata | undefined;

  constructor(options: LoginOptions, clock: () => Date) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Where the browser has to go. Blanks are written as `%20`, as the real server does. */
  async authorizationUrl({ redirectUri, state, codeChallenge, extra }: AuthorizationRequest): Promise<string> {
    const { authorization_endpoint } = await this.#discover();
    const url = new URL(authorization_endpoint);
    const parameters = {
      client_id: this.#options.clientId,
      scope: "openid email profile",
      response_type: "code",
      redirect_uri: redirectUri,
      state,
      code_challenge: codeChallenge,
      code_challenge_method: "S256",
    };
    for (const [name, value] of [...extra, ...Object.entries(parameters)]) url.searchParams.set(name, value);
    return url.href.replaceAll("+", "%20");
  }

  /** Trades the code for an id token and reads the person from it. */
  async profile({ code, issuer, codeVerifier, redirectUri }: AuthorizationAnswer): Promise<Profile> {
    const metadata = await this.#discover();
    if (issuer !== null && issuer !== metadata.issuer) throw new Error(`iss is ${issuer}, expected ${metadata.issuer}`);
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
    });
    const tokens = tokensSchema.parse(await this.#requestTokens(metadata, form));
    const keys = keySetSchema.parse(await readJson(metadata.jwks_uri));
    const expectation = { issuer: metadata.issuer, clientId: this.#options.clientId, keys, now: this.#clock() };
    const claims = profileSchema.parse(verifyIdToken(tokens.id_token, expectation));
    return { subject: claims.sub, email: claims.email ?? null, name: claims.name ?? claims.preferred_username ?? null };
  }

  async #discover(): Promise<Metadata> {
    this.#metadata ??= metadataSchema.parse(
      await readJson(`${this.#options.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`),
    );
    return this.#metadata;
  }

  async #requestTokens(metadata: Metadata, form: URLSearchParams): Promise<unknown> {
    const { clientId, clientSecret } = this.#options;
    const headers: Record<string, string> = { accept: "application/json" };
    if (metadata.token_endpoint_auth_methods_supported.includes("client_secret_basic")) {
      const pair = [clientId, clientSecret].map(encodeURIComponent).join(":");
      headers.authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
    } else {
      form.set("client_id", clientId);
      form.set("client_secret", clientSecret);
    }
    return await readJson(metadata.token_endpoint, { method: "POST", headers, body: form });
  }
}

async function readJson(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
  if (!response.ok) throw new Error(`${init.method ?? "GET"} ${url} answered ${response.status}`);
  return await response.json();
}
