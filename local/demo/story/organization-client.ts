import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import type { StackOutputs } from "./declaration.ts";

/** Reaches the declared organization with the key that the stack made. */
export function organizationClient({ url }: { readonly url: string }, outputs: StackOutputs): LangfuseClient {
  const { organizationPublicKey: publicKey, organizationSecretKey: secretKey } = outputs;
  return createLangfuseClient({ url, publicKey, secretKey });
}
