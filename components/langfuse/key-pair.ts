import { createHmac } from "node:crypto";
import type { KeyPair } from "./connection.ts";

/**
 * A pair that follows from a secret seed and the place it is for. Whoever asks twice gets the same pair, so that a
 * creation whose answer was lost can be repeated without a second key; and two places never share one.
 *
 * @param seed at least 128 random bits, known to the stack's state alone
 * @param place everything that tells this pair from others of the same seed
 */
export function derivedPair(seed: string, place: readonly (string | number)[]): KeyPair {
  const part = (half: string) =>
    asUuid(
      createHmac("sha256", seed)
        .update(JSON.stringify([half, ...place]))
        .digest(),
    );
  return { publicKey: `pk-lf-${part("public")}`, secretKey: `sk-lf-${part("secret")}` };
}

/** 122 bits in the form that Langfuse's own keys have; version 8 of RFC 9562 is for digests like this. */
function asUuid(digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
