import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import { type CheckResult, changedProperties, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";
import { adminClient, type KeyPair } from "./connection.ts";
import {
  idleCandidates,
  isIdle,
  nextRotation,
  type Rotation,
  type RotationPolicy,
  rotationShape,
} from "./key-rotation.ts";

export interface OrganizationApiKeyArguments extends RotationPolicy {
  readonly organizationId: string;
  readonly note: string;
}

export type OrganizationApiKeyInputs = OrganizationApiKeyArguments & Rotation;
export type OrganizationApiKeyOutputs = OrganizationApiKeyInputs & KeyPair;

/** What this resource asks of Langfuse. */
type KeyClient = Pick<LangfuseAdminClient, "listApiKeys" | "createApiKey" | "deleteApiKey">;

const shape = { organizationId: z.string().min(1), note: z.string().min(1), ...rotationShape };

/** Also decides what becomes of the pair, so that a preview shows a rotation and the end of a former pair. */
export async function check(
  olds: Partial<OrganizationApiKeyInputs>,
  news: OrganizationApiKeyArguments,
  now: Date = new Date(),
  clientOf: () => KeyClient = adminClient,
): Promise<CheckResult<OrganizationApiKeyInputs>> {
  const { inputs, failures } = checkInputs(shape, news);
  if (failures.length > 0) return { inputs: { ...inputs, ...nextRotation({}, {}, now) }, failures };
  const candidates = news.organizationId === UNKNOWN ? [] : idleCandidates(olds, news, now);
  const keys = candidates.length > 0 ? await clientOf().listApiKeys(news.organizationId) : [];
  const idle = candidates.filter(({ serial }) =>
    keys.some((key) => key.note === noteOf(news, serial) && isIdle(key.lastUsedAt, news, now)),
  );
  const serials = new Set(idle.map(({ serial }) => serial));
  return { inputs: { ...inputs, ...nextRotation(olds, news, now, serials) }, failures };
}

/** Another note or organization is another key: the new one is made first, so that its users never lack one. */
export function diff(
  olds: OrganizationApiKeyOutputs,
  news: OrganizationApiKeyInputs,
): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties<OrganizationApiKeyInputs>(olds, news, ["organizationId", "note"]).map(String);
  const changed = changedProperties<OrganizationApiKeyInputs>(olds, news, ["serial", "retiring", "lost"]);
  return { changes: replaces.length + changed.length > 0, replaces };
}

export async function create(
  inputs: OrganizationApiKeyInputs,
  client: KeyClient = adminClient(),
): Promise<{ id: string; outs: OrganizationApiKeyOutputs }> {
  const { id, outs } = await reconcile(inputs, undefined, client);
  return { id, outs };
}

export async function update(
  news: OrganizationApiKeyInputs,
  olds: OrganizationApiKeyOutputs,
  client: KeyClient = adminClient(),
): Promise<{ outs: OrganizationApiKeyOutputs }> {
  const { outs } = await reconcile(news, olds, client);
  return { outs };
}

export async function read(
  id: string,
  props: OrganizationApiKeyOutputs,
  client: KeyClient = adminClient(),
): Promise<{ id?: string; props?: OrganizationApiKeyOutputs; inputs?: OrganizationApiKeyInputs }> {
  const keys = await client.listApiKeys(props.organizationId).catch(goneWithIt);
  if (keys === undefined) return {};
  const { publicKey, secretKey } = props;
  const retiring = props.retiring.filter(({ serial }) => keys.some((key) => key.note === noteOf(props, serial)));
  const isThere = keys.some((key) => key.publicKey === publicKey);
  const current = { ...stored(props), retiring, ...(isThere ? {} : { lost: true }) };
  return { id, props: { ...current, publicKey, secretKey }, inputs: current };
}

export async function remove(
  { organizationId, ...props }: OrganizationApiKeyInputs,
  client: KeyClient = adminClient(),
): Promise<void> {
  const keys = (await client.listApiKeys(organizationId).catch(goneWithIt)) ?? [];
  for (const key of keys) if (isOf(props, key.note)) await client.deleteApiKey(organizationId, key.id);
}

/**
 * Langfuse chooses the pair and shows its secret once. A key of the wanted serial whose secret is not in the state is of
 * no use to anybody, its answer was lost: it is removed before a new one is made.
 */
async function reconcile(
  news: OrganizationApiKeyInputs,
  olds: OrganizationApiKeyOutputs | undefined,
  client: KeyClient,
): Promise<{ id: string; outs: OrganizationApiKeyOutputs }> {
  const { organizationId, serial } = news;
  const keys = await client.listApiKeys(organizationId);
  const known = olds?.serial === serial ? keys.find((key) => key.publicKey === olds.publicKey) : undefined;
  const living = new Set(news.retiring.map((pair) => noteOf(news, pair.serial)));
  for (const key of keys) {
    const isSpent = isOf(news, key.note) && key !== known && !living.has(key.note ?? "");
    if (isSpent) await client.deleteApiKey(organizationId, key.id);
  }
  if (known && olds) {
    return { id: known.id, outs: { ...stored(news), publicKey: olds.publicKey, secretKey: olds.secretKey } };
  }
  const { id, publicKey, secretKey } = await client.createApiKey(organizationId, { note: noteOf(news, serial) });
  return { id, outs: { ...stored(news), publicKey, secretKey } };
}

/** The first pair bears the note as it is, its successors their number behind it. */
function noteOf({ note }: Pick<OrganizationApiKeyArguments, "note">, serial: number): string {
  return serial === 1 ? note : `${note} (${serial})`;
}

function isOf({ note }: Pick<OrganizationApiKeyArguments, "note">, candidate: string | null | undefined): boolean {
  if (!candidate?.startsWith(note)) return false;
  return /^( \(\d+\))?$/.test(candidate.slice(note.length));
}

/** Exactly what is stored: the engine adds properties of its own to what it passes, and an absent one must stay absent. */
function stored(inputs: OrganizationApiKeyInputs): OrganizationApiKeyInputs {
  const { organizationId, note, serial, issuedAt, retiring } = inputs;
  const policy = (["generation", "rotateEvery", "overlap", "deadline"] as const)
    .filter((property) => inputs[property] !== undefined)
    .map((property) => [property, inputs[property]]);
  return { organizationId, note, serial, issuedAt, retiring, ...Object.fromEntries(policy) };
}

/** The organization is gone, and its keys with it. */
function goneWithIt(error: unknown): undefined {
  if (error instanceof AccessError && error.status === 404) return undefined;
  throw error;
}
