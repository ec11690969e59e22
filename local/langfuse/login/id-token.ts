import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { z } from "zod";

const headerSchema = z.object({ alg: z.enum(["RS256", "ES256"]), kid: z.string().optional() });

const claimsSchema = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  sub: z.string(),
});

export const keySetSchema = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional(), use: z.string().optional() })),
});
export type KeySet = z.infer<typeof keySetSchema>;

export interface Expectation {
  readonly issuer: string;
  readonly clientId: string;
  readonly keys: KeySet;
  readonly now: Date;
}

/** Seconds by which the clock of the identity provider may differ. */
const TOLERANCE = 10;

/** Claims of a token that this issuer signed for this client; anything else throws. */
export function verifyIdToken(token: string, { issuer, clientId, keys, now }: Expectation): Record<string, unknown> {
  const [head = "", payload = "", signature = ""] = token.split(".");
  const { alg, kid } = headerSchema.parse(decode(head));
  const candidates = keys.keys.filter((key) => kid === undefined || key.kid === kid);
  const signed = candidates.some((key) => isSignedBy(key, alg, `${head}.${payload}`, signature));
  if (!signed) throw new Error("id_token: no key of the issuer made the signature");
  const claims = claimsSchema.parse(decode(payload));
  if (claims.iss !== issuer) throw new Error(`id_token: iss is ${claims.iss}, expected ${issuer}`);
  if (![claims.aud].flat().includes(clientId)) throw new Error(`id_token: aud does not hold ${clientId}`);
  if (claims.exp + TOLERANCE <= now.getTime() / 1000) throw new Error("id_token: expired");
  return claims;
}

function isSignedBy(key: JsonWebKey, algorithm: "RS256" | "ES256", content: string, signature: string): boolean {
  if (key.kty !== (algorithm === "RS256" ? "RSA" : "EC")) return false;
  const publicKey = createPublicKey({ key, format: "jwk" });
  // JWTs carry ECDSA signatures as two plain numbers, not in DER.
  return verify(
    "sha256",
    Buffer.from(content),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}
