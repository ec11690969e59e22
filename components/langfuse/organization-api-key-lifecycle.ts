import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { type CheckResult, changedProperties, checkInputs } from "../dynamic/inputs.ts";
import { adminClient, type KeyPair } from "./connection.ts";

export interface OrganizationApiKeyInputs {
  readonly organizationId: string;
  readonly note: string;
}

export type OrganizationApiKeyOutputs = OrganizationApiKeyInputs & KeyPair;

const shape = { organizationId: z.string().min(1), note: z.string().min(1) };

export const check = (news: OrganizationApiKeyInputs): CheckResult<OrganizationApiKeyInputs> =>
  checkInputs(shape, news);

/** A key cannot be changed, only replaced: the new one is made first, so that its users never lack one. */
export function diff(
  olds: OrganizationApiKeyInputs,
  news: OrganizationApiKeyInputs,
): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties(olds, news, ["organizationId", "note"]).map(String);
  return { changes: replaces.length > 0, replaces };
}

/**
 * Langfuse shows a secret once. When that answer was lost, the key is of no use to anybody, so keys that carry this
 * note already are removed before a new one is made.
 */
export async function create(
  inputs: OrganizationApiKeyInputs,
  client: LangfuseAdminClient = adminClient(),
): Promise<{ id: string; outs: OrganizationApiKeyOutputs }> {
  const { organizationId, note } = inputs;
  for (const key of await client.listApiKeys(organizationId)) {
    if (key.note === note) await client.deleteApiKey(organizationId, key.id);
  }
  const { id, publicKey, secretKey } = await client.createApiKey(organizationId, { note });
  return { id, outs: { organizationId, note, publicKey, secretKey } };
}

export async function read(
  id: string,
  props: OrganizationApiKeyOutputs,
  client: LangfuseAdminClient = adminClient(),
): Promise<{ id?: string; props?: OrganizationApiKeyOutputs; inputs?: OrganizationApiKeyInputs }> {
  const { organizationId, note, publicKey, secretKey } = props;
  const keys = await client.listApiKeys(organizationId).catch(noneWhenGone);
  if (!keys.some((key) => key.id === id)) return {};
  return { id, props: { organizationId, note, publicKey, secretKey }, inputs: { organizationId, note } };
}

export async function remove(
  id: string,
  { organizationId }: OrganizationApiKeyInputs,
  client: LangfuseAdminClient = adminClient(),
): Promise<void> {
  await client.deleteApiKey(organizationId, id).catch(noneWhenGone);
}

/** The organization is gone, and its keys with it. */
function noneWhenGone(error: unknown): readonly [] {
  if (error instanceof AccessError && error.status === 404) return [];
  throw error;
}
