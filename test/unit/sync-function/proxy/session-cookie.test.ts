import { expect, it } from "vitest";
import { openedSession } from "#sync/proxy/session-cookie.ts";

const attributes = "Path=/; HttpOnly; SameSite=Lax";

it.each<readonly [string, number, readonly string[], string | undefined]>([
  ["a login", 302, [`next-auth.session-token=eyJ.a=b; ${attributes}`], "next-auth.session-token=eyJ.a=b"],
  [
    "a login over HTTPS",
    302,
    [`__Secure-next-auth.session-token=x; ${attributes}; Secure`],
    "__Secure-next-auth.session-token=x",
  ],
  [
    "a session in pieces, between other cookies",
    307,
    [
      `next-auth.state=; Max-Age=0; ${attributes}`,
      `next-auth.session-token.0=first; ${attributes}`,
      `next-auth.session-token.1=second; ${attributes}`,
      `next-auth.session-token=; Max-Age=0; ${attributes}`,
    ],
    "next-auth.session-token.0=first; next-auth.session-token.1=second",
  ],
  ["a refusal, which clears cookies", 302, [`next-auth.state=; Max-Age=0`], undefined],
  ["the end of a session", 302, [`next-auth.session-token=; Max-Age=0`], undefined],
  ["a session that is only renewed", 200, [`next-auth.session-token=x; ${attributes}`], undefined],
  ["a cookie with a name like it", 302, ["my-next-auth.session-token=x", "next-auth.session-token.x=y"], undefined],
  ["no cookie at all", 302, [], undefined],
])("%s", (_title, status, cookies, expected) => {
  expect(openedSession(status, cookies)).toBe(expected);
});
