import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const HEADER = Buffer.from(JSON.stringify({ alg: "dir", enc: "A256GCM" })).toString("base64url");

/**
 * Encrypts claims into a compact JWE (direct key, AES-256-GCM). `purpose` keeps a cookie from being used as another.
 * `lifetime` is in seconds.
 */
export function seal(secret: string, purpose: string, claims: object, lifetime: number, now: Date): string {
  const content = JSON.stringify({ ...claims, exp: Math.floor(now.getTime() / 1000) + lifetime });
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyFor(secret, purpose), iv).setAAD(Buffer.from(HEADER));
  const encrypted = Buffer.concat([cipher.update(content, "utf8"), cipher.final()]);
  const parts = [iv, encrypted, cipher.getAuthTag()].map((part) => part.toString("base64url"));
  return [HEADER, "", ...parts].join(".");
}

/** The claims, or undefined when the text is garbage, sealed for something else, or expired. */
export function unseal(secret: string, purpose: string, sealed: string, now: Date): unknown {
  const [header, , iv, encrypted, tag] = sealed.split(".");
  if (header !== HEADER || !iv || !encrypted || !tag) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyFor(secret, purpose), Buffer.from(iv, "base64url"));
    decipher.setAAD(Buffer.from(HEADER)).setAuthTag(Buffer.from(tag, "base64url"));
    const content = Buffer.concat([decipher.update(Buffer.from(encrypted, "base64url")), decipher.final()]);
    const claims: unknown = JSON.parse(content.toString("utf8"));
    return isAlive(claims, now) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(claims: unknown, now: Date): boolean {
  if (typeof claims !== "object" || claims === null || !("exp" in claims)) return false;
  return typeof claims.exp === "number" && claims.exp * 1000 > now.getTime();
}

function keyFor(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", purpose, 32));
}
