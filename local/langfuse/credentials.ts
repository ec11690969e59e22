import type { ApiKeys } from "./state/api-keys.ts";
import type { ApiKey } from "./state/model.ts";

/** What a key was presented for: with a public key alone next to nothing is allowed. */
export type KeyAccess = "organization" | "project" | "public-key-only";

export type KeyVerification =
  | { readonly valid: true; readonly key: ApiKey; readonly access: KeyAccess }
  | { readonly valid: false; readonly error: string };

const HOST_HINT = ". Confirm that you've configured the correct host.";

/** Decides what an Authorization header stands for. The secret alone selects the key: its public half is not compared. */
export function verifyKey(header: string | undefined, keys: ApiKeys): KeyVerification {
  if (!header) return { valid: false, error: "No authorization header" };
  if (header.startsWith("Basic ")) return verifyBasic(header.split(" ")[1] ?? "", keys);
  if (header.startsWith("Bearer ")) return verifyBearer(header.slice("Bearer ".length), keys);
  return { valid: false, error: "Invalid authorization header" };
}

function verifyBasic(encoded: string, keys: ApiKeys): KeyVerification {
  let decoded: string;
  try {
    decoded = atob(encoded);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : "Authorization error");
  }
  const [publicKey, secretKey] = decoded.split(":");
  if (!publicKey || !secretKey) return refuse("Invalid authorization header");
  const key = keys.findBySecret(secretKey);
  return key ? { valid: true, key, access: key.scope } : refuse("Invalid credentials");
}

function verifyBearer(publicKey: string, keys: ApiKeys): KeyVerification {
  const key = keys.findByPublicKey(publicKey);
  if (!key) return refuse("Invalid public key");
  if (key.scope === "organization") return refuse("Unauthorized: Cannot use organization key with bearer auth");
  return { valid: true, key, access: "public-key-only" };
}

function refuse(reason: string): KeyVerification {
  return { valid: false, error: reason + HOST_HINT };
}

/** Why the header does not open the admin API, or undefined when it does. Text after a blank behind the token is ignored. */
export function adminRefusal(
  header: string | undefined,
  adminApiKey: string | null,
): { status: 401 | 403; error: string } | undefined {
  if (!header) return { status: 401, error: "Unauthorized: No authorization header provided" };
  if (adminApiKey === null) return { status: 403, error: "ADMIN_API_KEY is not set" };
  const [scheme, token] = header.split(" ");
  if (scheme === "Bearer" && token === adminApiKey) return undefined;
  return { status: 401, error: "Unauthorized: Invalid token" };
}
