import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "../audit/canonical.ts";

/** Short name of a content: eight hexadecimal digits, the same for the same content in every run. */
export function fingerprint(content: unknown): string {
  return createHash("sha256")
    .update(canonicalJson(content as Json))
    .digest("hex")
    .slice(0, 8);
}

/** Whether `alias` is `name` with a fingerprint behind it. */
export function isGenerationOf(alias: string, name: string): boolean {
  return alias.startsWith(`${name}-`) && /^[0-9a-f]{8}$/.test(alias.slice(name.length + 1));
}
