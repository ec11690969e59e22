/** NextAuth's name, over HTTPS with a prefix; a token that is too long for one cookie comes in several, `.0`, `.1` and on. */
const SESSION_COOKIE = /^(?:__Secure-|__Host-)?next-auth\.session-token(?:\.\d+)?$/;

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * The `Cookie` header with the session that an answer opens; undefined for every other answer. Whoever logs in is sent on
 * with a redirect, so that a session that is only renewed does not count.
 */
export function openedSession(status: number | undefined, setCookies: readonly string[] = []): string | undefined {
  if (status === undefined || !REDIRECTS.includes(status)) return undefined;
  const pairs = setCookies.flatMap((line) => {
    const [pair = ""] = line.split(";");
    const [name = "", ...value] = pair.split("=");
    return SESSION_COOKIE.test(name.trim()) && value.join("=").trim() !== "" ? [pair.trim()] : [];
  });
  return pairs.length === 0 ? undefined : pairs.join("; ");
}
