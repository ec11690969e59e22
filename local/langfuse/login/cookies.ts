/** Names of the cookies. Over HTTPS NextAuth puts a prefix before each, which makes browsers insist on `Secure`. */
export interface CookieNames {
  readonly csrf: string;
  readonly callbackUrl: string;
  readonly state: string;
  readonly verifier: string;
  readonly session: string;
}

export function cookieNames(base: string): CookieNames {
  const secure = isSecure(base);
  const prefix = secure ? "__Secure-" : "";
  return {
    csrf: `${secure ? "__Host-" : ""}next-auth.csrf-token`,
    callbackUrl: `${prefix}next-auth.callback-url`,
    state: `${prefix}next-auth.state`,
    verifier: `${prefix}next-auth.pkce.code_verifier`,
    session: `${prefix}next-auth.session-token`,
  };
}

/** A Set-Cookie value. `lifetime` is in seconds; without it the cookie lives as long as the browser. */
export function setCookie(
  base: string,
  name: string,
  value: string,
  lifetime?: { seconds: number; now: Date },
): string {
  const parts = [`${name}=${encodeURIComponent(value)}`, "Path=/"];
  if (lifetime) {
    const expires = new Date(lifetime.now.getTime() + lifetime.seconds * 1000);
    parts.push(`Max-Age=${lifetime.seconds}`, `Expires=${expires.toUTCString()}`);
  }
  parts.push("HttpOnly", ...(isSecure(base) ? ["Secure"] : []), "SameSite=Lax");
  return parts.join("; ");
}

export function clearCookie(base: string, name: string): string {
  return setCookie(base, name, "", { seconds: 0, now: new Date(0) });
}

/** Reads a Cookie header; what cannot be decoded is taken as it stands. */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? "").split(";")) {
    const separator = pair.indexOf("=");
    if (separator < 0) continue;
    const name = pair.slice(0, separator).trim();
    if (!cookies.has(name)) cookies.set(name, decode(pair.slice(separator + 1).trim()));
  }
  return cookies;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function isSecure(base: string): boolean {
  return base.startsWith("https:");
}
