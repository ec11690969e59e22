import { describe, expect, test } from "vitest";
import { CookieJar } from "#local/browser/cookies.ts";

const at = (text: string) => new URL(text);
const keycloakCookie = "AUTH_SESSION_ID=abc; Version=1; Path=/realms/company/; Secure; HttpOnly; SameSite=None";

describe("CookieJar", () => {
  test.each(["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "https://keycloak.example.com"])(
    "keeps and sends a secure cookie at %s",
    (origin) => {
      const jar = new CookieJar();
      jar.keep(at(`${origin}/realms/company/auth`), [keycloakCookie]);
      expect(jar.header(at(`${origin}/realms/company/login`))).toBe("AUTH_SESSION_ID=abc");
    },
  );

  test("drops a secure cookie over plain HTTP elsewhere, unless the host is trusted", () => {
    const url = at("http://10.88.0.1:8080/realms/company/auth");
    const strict = new CookieJar();
    strict.keep(url, [keycloakCookie]);
    expect(strict.header(url)).toBeUndefined();
    const trusting = new CookieJar({ trusted: ["10.88.0.1"] });
    trusting.keep(url, [keycloakCookie]);
    expect(trusting.header(url)).toBe("AUTH_SESSION_ID=abc");
  });

  test("sends a cookie below its path only", () => {
    const jar = new CookieJar();
    jar.keep(at("http://127.0.0.1/realms/company/x"), [keycloakCookie]);
    expect(jar.header(at("http://127.0.0.1/realms/company-two/x"))).toBeUndefined();
    expect(jar.header(at("http://127.0.0.1/realms/company/x/y"))).toBe("AUTH_SESSION_ID=abc");
  });

  test("takes the folder of the address as path when none is given, and puts the longer path first", () => {
    const jar = new CookieJar();
    jar.keep(at("http://127.0.0.1/a/b/page"), ["deep=1", "shallow=2; Path=/"]);
    expect(jar.header(at("http://127.0.0.1/a/b/other"))).toBe("deep=1; shallow=2");
    expect(jar.header(at("http://127.0.0.1/a/other"))).toBe("shallow=2");
  });

  test("replaces a cookie, keeps what follows an equals sign, and forgets it at Max-Age=0", () => {
    const jar = new CookieJar();
    const url = at("http://127.0.0.1/");
    jar.keep(url, ["token=a==; Path=/"]);
    jar.keep(url, ["token=b==; Path=/"]);
    expect(jar.value(url, "token")).toBe("b==");
    jar.keep(url, ["token=; Path=/; Max-Age=0"]);
    expect(jar.header(url)).toBeUndefined();
  });

  test("forgets a cookie when its time is over, Max-Age before Expires", () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const jar = new CookieJar({ now: () => now });
    const url = at("http://127.0.0.1/");
    jar.keep(url, [
      "short=1; Max-Age=60; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
      "long=2; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
    ]);
    now += 61_000;
    expect(jar.header(url)).toBe("long=2");
  });

  test("sends a cookie to hosts below its domain, and takes none for a foreign one", () => {
    const jar = new CookieJar();
    jar.keep(at("https://login.example.com/"), ["mine=1; Domain=example.com", "theirs=2; Domain=example.org"]);
    expect(jar.header(at("https://langfuse.example.com/"))).toBe("mine=1");
    expect(jar.header(at("https://example.org/"))).toBeUndefined();
  });
});
