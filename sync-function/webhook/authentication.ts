import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** How p2-inc/keycloak-events names what it signs with. */
export const ALGORITHMS = { HmacSHA256: "sha256", HmacSHA1: "sha1" } as const;
export type Algorithm = keyof typeof ALGORITHMS;

export interface Credentials {
  /** Any of them is good: while one replaces another, both are. */
  readonly secrets: readonly string[];
  /** Of HTTP Basic, with a secret as password. */
  readonly username: string;
  readonly algorithm: Algorithm;
}

/** Whether a request says at all who sends it; its body need not be read otherwise. */
export function claimsSender(headers: IncomingHttpHeaders): boolean {
  return headers[SIGNATURE] !== undefined || headers.authorization !== undefined;
}

/**
 * Whether somebody who knows a secret has sent this body: by the signature of p2-inc/keycloak-events if there is one,
 * otherwise by HTTP Basic, which is all that vymalo/keycloak-webhook can. Takes as long for a wrong answer as for a right one.
 */
export function isAuthentic(
  headers: IncomingHttpHeaders,
  body: Buffer,
  { secrets, username, algorithm }: Credentials,
): boolean {
  const signature = headers[SIGNATURE];
  const claimed = signature === undefined ? (headers.authorization ?? "") : String(signature).toLowerCase();
  const expected = (secret: string) =>
    signature === undefined
      ? `Basic ${Buffer.from(`${username}:${secret}`).toString("base64")}`
      : createHmac(ALGORITHMS[algorithm], secret).update(body).digest("hex");
  return secrets.map((secret) => isSame(claimed, expected(secret))).includes(true);
}

const SIGNATURE = "x-keycloak-signature";

/** Digests have one length, which is what a comparison in constant time needs. */
function isSame(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
