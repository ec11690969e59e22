import { createHash, randomBytes, randomUUID } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/** An id in the form of a cuid: `c` and 24 lower-case letters or digits. */
export function newId(): string {
  return `c${Array.from(randomBytes(24), (byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}

export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

export function newKeyPair(): KeyPair {
  return { publicKey: `pk-lf-${randomUUID()}`, secretKey: `sk-lf-${randomUUID()}` };
}

/** A plain digest is enough: a stand-in guards nothing, and creating keys has to be fast. */
export function hashSecret(secretKey: string): string {
  return createHash("sha256").update(secretKey).digest("hex");
}

/** `sk-lf-...` and the last four characters. */
export function displaySecret(secretKey: string): string {
  return `${secretKey.slice(0, 6)}...${secretKey.slice(-4)}`;
}
