import { type Reply, redirect } from "../http/reply.ts";
import { member } from "../http/request.ts";
import type { User } from "../state/model.ts";
import { decideAdmission, type Profile } from "./admission.ts";
import { type LoginCall, sendTo, sessionOwner } from "./call.ts";
import { clearCookie, setCookie } from "./cookies.ts";
import { joinDefaults } from "./default-memberships.ts";
import { seal, unseal } from "./sealed.ts";
import { SESSION_LIFETIME } from "./session.ts";
import { redirectUri } from "./sign-in.ts";

const PROVIDER = "keycloak";

/** Ends a login: every outcome is a redirect, and only success sets a session. */
export async function finishSignIn(call: LoginCall): Promise<Reply> {
  const { query } = call.request;
  const error = query.get("error");
  if (error !== null) return providerError(call, error, query.get("error_description"));
  let profile: Profile;
  try {
    profile = await readProfile(call);
  } catch {
    return refuse(call, "OAuthCallback");
  }
  const admitted = admit(call, profile);
  if (typeof admitted === "string") return refuse(call, admitted);
  return sendTo(call, call.callbackUrl, [...clearedCookies(call), sessionCookie(call, admitted.email)]);
}

/** An explained error of the provider goes to the sign-in page as it is, any other becomes `Callback`. */
function providerError(call: LoginCall, error: string, description: string | null): Reply {
  if (!description) return refuse(call, "Callback");
  const parameters = [`error=${encodeURIComponent(error)}`, `error_description=${encodeURIComponent(description)}`];
  return redirect(307, `/auth/sign-in?${parameters.join("&")}`);
}

/** Fails before the code is used when the browser is not the one that started the login. */
async function readProfile(call: LoginCall): Promise<Profile> {
  const { query } = call.request;
  const [state, codeVerifier] = [remembered(call, "state"), remembered(call, "verifier")];
  const code = query.get("code");
  if (state === undefined || state !== query.get("state")) throw new Error("the state is not that of this browser");
  if (codeVerifier === undefined || code === null) throw new Error("the code or its verifier is missing");
  const answer = { code, issuer: query.get("iss"), codeVerifier, redirectUri: redirectUri(call.server.base) };
  return await call.server.provider.profile(answer);
}

function remembered({ server, cookies, names }: LoginCall, purpose: "state" | "verifier"): string | undefined {
  const value = member(unseal(server.secret, purpose, cookies.get(names[purpose]) ?? "", server.clock()), "value");
  return typeof value === "string" ? value : undefined;
}

/** Carries out the decision; a refusal is its code. */
function admit(call: LoginCall, profile: Profile): User | string {
  const { instance, options } = call.server;
  const database = instance.database();
  const admission = decideAdmission(
    {
      profile,
      accountUser: database.users.findByAccount(PROVIDER, profile.subject),
      emailUser: profile.email === null ? undefined : database.users.findByEmail(profile.email.toLowerCase()),
      currentUser: sessionOwner(call),
    },
    options,
  );
  if (admission.kind === "refuse") return admission.code;
  if (admission.kind === "enter") return admission.user;
  const user = admission.kind === "link" ? admission.user : database.addUser(admission.email, admission.name);
  database.users.link({ provider: PROVIDER, subject: profile.subject, userId: user.id });
  joinDefaults(database, instance.plan, options, user);
  return user;
}

function refuse(call: LoginCall, code: string): Reply {
  const url = `${call.server.base}/api/auth/error?error=${encodeURIComponent(code)}`;
  return sendTo(call, url, clearedCookies(call));
}

function clearedCookies({ server, names }: LoginCall): string[] {
  return [clearCookie(server.base, names.state), clearCookie(server.base, names.verifier)];
}

/** The token holds the address only: what a session may see is looked up at every call. */
export function sessionCookie({ server, names }: LoginCall, email: string): string {
  const now = server.clock();
  const token = seal(server.secret, "session", { email }, SESSION_LIFETIME, now);
  return setCookie(server.base, names.session, token, { seconds: SESSION_LIFETIME, now });
}
