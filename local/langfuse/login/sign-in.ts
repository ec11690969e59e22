import { createHash, randomBytes } from "node:crypto";
import type { Reply } from "../http/reply.ts";
import { type LoginCall, sendTo } from "./call.ts";
import { setCookie } from "./cookies.ts";
import { seal } from "./sealed.ts";

/** How long somebody may take at the identity provider, in seconds. */
export const SIGN_IN_LIFETIME = 15 * 60;

/** Starts a login: remembers state and verifier in cookies and sends the browser to the identity provider. */
export async function startSignIn(call: LoginCall): Promise<Reply> {
  const { base, provider, secret, clock } = call.server;
  const [state, codeVerifier] = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
  let url: string;
  try {
    url = await provider.authorizationUrl({
      redirectUri: redirectUri(base),
      state,
      codeChallenge: createHash("sha256").update(codeVerifier).digest("base64url"),
      extra: call.request.query,
    });
  } catch {
    return sendTo(call, `${base}/api/auth/error?error=OAuthSignin`);
  }
  const now = clock();
  const remember = (name: string, purpose: string, value: string) =>
    setCookie(base, name, seal(secret, purpose, { value }, SIGN_IN_LIFETIME, now), { seconds: SIGN_IN_LIFETIME, now });
  return sendTo(call, url, [
    remember(call.names.state, "state", state),
    remember(call.names.verifier, "verifier", codeVerifier),
  ]);
}

export function redirectUri(base: string): string {
  return `${base}/api/auth/callback/keycloak`;
}
