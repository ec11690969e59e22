import { json, type Reply, redirect, text, withCookies } from "../http/reply.ts";
import type { ApiRequest } from "../http/request.ts";
import type { Route } from "../http/routing.ts";
import { type LoginCall, type LoginServer, openCall, sendTo, sessionEmail } from "./call.ts";
import { finishSignIn, sessionCookie } from "./callback.ts";
import { clearCookie } from "./cookies.ts";
import { errorPage, landingPage, signInPage, signOutPage } from "./pages.ts";
import { SESSION_LIFETIME, sessionJson } from "./session.ts";
import { redirectUri, startSignIn } from "./sign-in.ts";

type Action = (call: LoginCall) => Reply | Promise<Reply>;

/** Codes that the sign-in page explains; all others have a page of their own. */
const SIGN_IN_ERRORS = [
  "Signin",
  "OAuthSignin",
  "OAuthCallback",
  "OAuthCreateAccount",
  "EmailCreateAccount",
  "Callback",
  "OAuthAccountNotLinked",
  "EmailSignin",
  "CredentialsSignin",
  "SessionRequired",
];

/** Actions below `/api/auth`, by method and path. */
const ACTIONS: Readonly<Record<string, Action>> = {
  "GET csrf": (call) => withCookies(json(200, { csrfToken: call.csrfToken }), call.fresh),
  "GET providers": (call) => json(200, { keycloak: describeProvider(call) }),
  "GET session": session,
  "GET signin": showSignIn,
  "GET signin/keycloak": showSignIn,
  "POST signin": refuseForm("signin"),
  "POST signin/keycloak": (call) => (call.csrfVerified ? startSignIn(call) : refuseForm("signin")(call)),
  "GET callback/keycloak": finishSignIn,
  "GET signout": signOutPage,
  "POST signout": (call) => (call.csrfVerified ? signOut(call) : refuseForm("signout")(call)),
  "GET error": showError,
};

export function loginRoutes(server: LoginServer): readonly Route[] {
  const pages = { "/": landingPage, "/auth/sign-in": signInPage, "/auth/error": errorPage };
  return [
    ...Object.entries(pages).map(([path, show]) => ({
      path,
      handle: (request: ApiRequest) => show(openCall(server, request)),
    })),
    ...["/api/auth/{action}", "/api/auth/{action}/{provider}"].map((path) => ({
      path,
      handle: (request: ApiRequest) => {
        const name = request.path.slice("/api/auth/".length);
        return (ACTIONS[`${request.method} ${name}`] ?? unsupported)(openCall(server, request));
      },
    })),
  ];
}

function session(call: LoginCall): Reply {
  const email = sessionEmail(call);
  if (email === undefined) return withCookies(json(200, {}), call.fresh);
  const { instance, clock } = call.server;
  const expires = new Date(clock().getTime() + SESSION_LIFETIME * 1000);
  const body = sessionJson(instance.database(), instance.plan, email, expires);
  return withCookies(json(200, body), [...call.fresh, sessionCookie(call, email)]);
}

/** Does not start a login: that takes a POST. The name of a provider in the path counts as an error. */
function showSignIn(call: LoginCall): Reply {
  const error = call.request.query.get("error") ?? call.request.parameters.provider;
  const suffix = error ? `&error=${encodeURIComponent(error)}` : "";
  const url = `/auth/sign-in?callbackUrl=${encodeURIComponent(call.callbackUrl)}${suffix}`;
  return withCookies(redirect(302, url), call.fresh);
}

function showError(call: LoginCall): Reply {
  const error = call.request.query.get("error") ?? "";
  const encoded = encodeURIComponent(error);
  const known = SIGN_IN_ERRORS.includes(error);
  const url = known ? `${call.server.base}/api/auth/signin?error=${encoded}` : `/auth/error?error=${encoded}`;
  return withCookies(redirect(302, url), call.fresh);
}

/** Ends the session here; that of the identity provider lives on. */
function signOut(call: LoginCall): Reply {
  return sendTo(call, call.callbackUrl, [clearCookie(call.server.base, call.names.session)]);
}

/** A form without the token of this browser is sent back to the page it should have come from. */
function refuseForm(action: string): Action {
  return (call) => sendTo(call, `${call.server.base}/api/auth/${action}?csrf=true`);
}

function unsupported({ request }: LoginCall): Reply {
  return text(400, `Error: This action with HTTP ${request.method} is not supported by NextAuth.js`);
}

function describeProvider({ server: { base } }: LoginCall) {
  const signinUrl = `${base}/api/auth/signin/keycloak`;
  return { id: "keycloak", name: "Keycloak", type: "oauth", signinUrl, callbackUrl: redirectUri(base) };
}
