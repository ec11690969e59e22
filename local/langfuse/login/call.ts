import { json, type Reply, redirect, withCookies } from "../http/reply.ts";
import { type ApiRequest, member } from "../http/request.ts";
import type { Instance } from "../instance.ts";
import type { User } from "../state/model.ts";
import { callbackUrl } from "./callback-url.ts";
import { type CookieNames, cookieNames, parseCookies, setCookie } from "./cookies.ts";
import { checkCsrf } from "./csrf.ts";
import type { LoginOptions } from "./options.ts";
import type { IdentityProvider } from "./provider.ts";
import { unseal } from "./sealed.ts";

/** What the login needs beside the request. */
export interface LoginServer {
  /** Origin that browsers see, without a trailing slash. */
  readonly base: string;
  readonly options: LoginOptions;
  readonly instance: Instance;
  readonly provider: IdentityProvider;
  /** Protects all cookies. */
  readonly secret: string;
  readonly clock: () => Date;
}

/** A request of the login with what its cookies say. */
export interface LoginCall {
  readonly server: LoginServer;
  readonly request: ApiRequest;
  readonly names: CookieNames;
  readonly cookies: ReadonlyMap<string, string>;
  readonly csrfToken: string;
  readonly csrfVerified: boolean;
  readonly callbackUrl: string;
  /** Cookies that every answer sets: those of the csrf token and of the callback URL, when they are new. */
  readonly fresh: readonly string[];
}

export function openCall(server: LoginServer, request: ApiRequest): LoginCall {
  const { base, secret } = server;
  const names = cookieNames(base);
  const cookies = parseCookies(request.cookie);
  const csrf = checkCsrf(secret, cookies.get(names.csrf), member(request.body, "csrfToken"));
  const requested = member(request.body, "callbackUrl") ?? request.query.get("callbackUrl");
  const remembered = cookies.get(names.callbackUrl);
  const target = callbackUrl(base, requested, remembered);
  const fresh = [];
  if (csrf.cookie) fresh.push(setCookie(base, names.csrf, csrf.cookie));
  if (target !== remembered) fresh.push(setCookie(base, names.callbackUrl, target));
  const { token: csrfToken, verified: csrfVerified } = csrf;
  return { server, request, names, cookies, csrfToken, csrfVerified, callbackUrl: target, fresh };
}

/** Sends the browser on: as JSON when the form said `json=true`, which scripts do, otherwise with a redirect. */
export function sendTo({ request, fresh }: LoginCall, url: string, cookies: readonly string[] = []): Reply {
  const asJson = request.method === "POST" && member(request.body, "json") === "true";
  return withCookies(asJson ? json(200, { url }) : redirect(302, url), [...fresh, ...cookies]);
}

/** Address in the session cookie, whether or not there is still such a user. */
export function sessionEmail({ server, cookies, names }: LoginCall): string | undefined {
  const claims = unseal(server.secret, "session", cookies.get(names.session) ?? "", server.clock());
  const email = member(claims, "email");
  return typeof email === "string" ? email : undefined;
}

export function sessionOwner(call: LoginCall): User | undefined {
  const email = sessionEmail(call);
  return email === undefined ? undefined : call.server.instance.database().users.findByEmail(email);
}
