import { describe, expect, it } from "vitest";
import { callbackUrl } from "#local/langfuse/login/callback-url.ts";
import { cookieNames, setCookie } from "#local/langfuse/login/cookies.ts";
import { seal, unseal } from "#local/langfuse/login/sealed.ts";

const base = "https://langfuse.example";
const now = new Date("2026-01-01T00:00:00Z");

describe("login cookies", () => {
  it("are prefixed and secure over HTTPS", () => {
    expect(cookieNames(base)).toMatchObject({
      csrf: "__Host-next-auth.csrf-token",
      session: "__Secure-next-auth.session-token",
    });
    expect(setCookie(base, "name", "a b")).toBe("name=a%20b; Path=/; HttpOnly; Secure; SameSite=Lax");
  });

  it("open only with the same secret, for the same purpose and in time", () => {
    const sealed = seal("secret", "state", { value: 1 }, 60, now);
    const later = new Date(now.getTime() + 60_000);
    expect(unseal("secret", "state", sealed, now)).toMatchObject({ value: 1 });
    expect(unseal("other", "state", sealed, now)).toBeUndefined();
    expect(unseal("secret", "session", sealed, now)).toBeUndefined();
    expect(unseal("secret", "state", sealed, later)).toBeUndefined();
    expect(unseal("secret", "state", "garbage", now)).toBeUndefined();
  });
});

describe("the callback URL", () => {
  it.each([
    [undefined, undefined, base],
    ["/project/1", undefined, `${base}/project/1`],
    [`${base}/project/1?a=b`, undefined, `${base}/project/1?a=b`],
    ["https://elsewhere.example/", undefined, base],
    ["....///win.ini", undefined, base],
    [undefined, `${base}/remembered`, `${base}/remembered`],
  ])("%s, with %s in the cookie, leads to %s", (requested, remembered, expected) => {
    expect(callbackUrl(base, requested, remembered)).toBe(expected);
  });
});
