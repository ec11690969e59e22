import { z } from "zod";
import { createLangfuseAdminClient, type LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { MemberLists } from "./member-lists.ts";

/** The stack configuration as a dynamic provider sees it; keys without a colon are the project's own. */
export interface StackConfig {
  require(key: string): string;
}

/** An organization key as it travels between resources. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

let server: { readonly url: string; readonly adminApiKey: string } | undefined;
let admin: LangfuseAdminClient | undefined;
const organizations = new Map<string, LangfuseClient>();
const lists = new Map<string, MemberLists>();

/**
 * Remembers where Langfuse is, for all resources of this provider process. Address and server key come from the stack
 * configuration and not from resource inputs, so that they are stored once and not with every resource.
 */
export function configure(config: StackConfig): void {
  const { url } = z.object({ url: z.string() }).parse(JSON.parse(config.require("langfuse")));
  server = { url, adminApiKey: config.require("langfuseAdminApiKey") };
}

export function adminClient(): LangfuseAdminClient {
  admin ??= createLangfuseAdminClient(address());
  return admin;
}

/** One client, and so one pool of connections, for each key. */
export function organizationClient({ publicKey, secretKey }: KeyPair): LangfuseClient {
  const known = organizations.get(secretKey);
  if (known) return known;
  const client = createLangfuseClient({ url: address().url, publicKey, secretKey });
  organizations.set(secretKey, client);
  return client;
}

/** What this process knows of an organization's members, whichever of its keys they were read with. */
export function memberLists(organizationId: string): MemberLists {
  const known = lists.get(organizationId) ?? new MemberLists();
  lists.set(organizationId, known);
  return known;
}

function address(): { url: string; adminApiKey: string } {
  if (!server) throw new Error("The Langfuse resources were used before the engine configured them.");
  return server;
}
