import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseAdminClient } from "#sync/langfuse/admin-client.ts";
import type { LangfuseApiKey } from "#sync/langfuse/answers.ts";
import { type CheckResult, changedProperties, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";
import { deletedByHand, requireGone } from "./absence.ts";
import { announce } from "./announcement.ts";
import { adminClient, type KeyPair, remember, titleOf } from "./connection.ts";
import {
  describeStep,
  firstRotation,
  foundAgain,
  idleCandidates,
  idlePairs,
  isStep,
  nextRotation,
  policyOf,
  type Rotation,
  type RotationPolicy,
  rotationShape,
} from "./key-rotation.ts";
import { SPARE_NOTE } from "./spare-key.ts";

export interface OrganizationApiKeyInputs extends RotationPolicy {
  readonly organizationId: string;
  readonly note: string;
}

export type OrganizationApiKeyOutputs = OrganizationApiKeyInputs & Rotation & KeyPair;

/** What this resource asks of Langfuse. */
type KeyClient = Pick<LangfuseAdminClient, "listOrganizations" | "listApiKeys" | "createApiKey" | "deleteApiKey">;

const shape = { organizationId: z.string().min(1), note: z.string().min(1), ...rotationShape };

export const check = (news: OrganizationApiKeyInputs): CheckResult<OrganizationApiKeyInputs> =>
  checkInputs(shape, news);

/**
 * Also decides what becomes of the pair, so that a preview shows a rotation and the end of a former pair. Another note
 * or organization is another key: the new one is made first, so that its users never lack one.
 */
export async function diff(
  olds: OrganizationApiKeyOutputs,
  news: OrganizationApiKeyInputs,
  now: Date = new Date(),
  clientOf: () => KeyClient = adminClient,
  say: (line: string) => void = announce,
): Promise<{ changes: boolean; replaces: string[] }> {
  remember(olds.organizationId, olds);
  const replaces = changedProperties<OrganizationApiKeyInputs>(olds, news, ["organizationId", "note"]).map(String);
  if (replaces.length > 0) return { changes: true, replaces };
  const isAsked = news.organizationId !== UNKNOWN && idleCandidates(olds, news, now).length > 0;
  const keys = isAsked ? await clientOf().listApiKeys(olds.organizationId) : [];
  const next = nextRotation(olds, news, now, { idle: idlePairs(olds, news, now, keys) });
  if (isStep(olds, next)) say(`${olds.note}: ${describeStep(olds, next)}`);
  return { changes: isStep(olds, next), replaces };
}

export async function create(
  inputs: OrganizationApiKeyInputs,
  client: KeyClient = adminClient(),
  now: Date = new Date(),
): Promise<{ id: string; outs: OrganizationApiKeyOutputs }> {
  return await reconcile(inputs, undefined, client, now);
}

export async function update(
  news: OrganizationApiKeyInputs,
  olds: OrganizationApiKeyOutputs,
  client: KeyClient = adminClient(),
  now: Date = new Date(),
): Promise<{ outs: OrganizationApiKeyOutputs }> {
  const { outs } = await reconcile(news, olds, client, now);
  return { outs };
}

export async function read(
  id: string,
  props: OrganizationApiKeyOutputs,
  client: KeyClient = adminClient(),
): Promise<{ id?: string; props?: OrganizationApiKeyOutputs; inputs?: OrganizationApiKeyInputs }> {
  // Before the first wait: what is read beside this may need the pair.
  remember(props.organizationId, props);
  const keys = await keysOf(client, props.organizationId);
  if (keys === undefined) return {};
  const has = (candidate: string) => keys.some(({ publicKey }) => publicKey === candidate);
  const { serial, issuedAt, publicKey, secretKey } = props;
  const retiring = props.retiring.filter((pair) => has(pair.publicKey));
  const rotation = { serial, issuedAt, retiring, ...(has(publicKey) ? {} : { lost: true }) };
  return { id, props: { ...declared(props), ...rotation, publicKey, secretKey }, inputs: declared(props) };
}

export async function remove(
  { organizationId, note }: OrganizationApiKeyInputs,
  client: KeyClient = adminClient(),
): Promise<void> {
  for (const key of (await keysOf(client, organizationId)) ?? [])
    if (isOurs(note, key.note)) await client.deleteApiKey(organizationId, key.id);
}

/**
 * Langfuse chooses the pair and shows its secret once. A key of the wanted serial whose secret is not in the state is of
 * no use to anybody, its answer was lost: it is removed before a new one is made.
 */
async function reconcile(
  news: OrganizationApiKeyInputs,
  olds: OrganizationApiKeyOutputs | undefined,
  client: KeyClient,
  now: Date,
): Promise<{ id: string; outs: OrganizationApiKeyOutputs }> {
  const { organizationId, note } = news;
  const keys = await keysOf(client, organizationId);
  if (keys === undefined)
    throw olds ? deletedByHand(`The organization "${titleOf(organizationId)}"`) : unknown(organizationId);
  const rotation = olds
    ? nextRotation(foundAgain(olds, keys), news, now, { idle: idlePairs(olds, news, now, keys) })
    : firstRotation(now);
  const known = olds?.serial === rotation.serial ? keys.find((key) => key.publicKey === olds.publicKey) : undefined;
  const living = new Set([known, ...rotation.retiring].map((pair) => pair?.publicKey));
  for (const key of keys) {
    if (isOurs(note, key.note) && !living.has(key.publicKey)) await client.deleteApiKey(organizationId, key.id);
  }
  if (known && olds) {
    const { publicKey, secretKey } = olds;
    return { id: known.id, outs: { ...declared(news), ...rotation, publicKey, secretKey } };
  }
  const made = await client.createApiKey(organizationId, { note: noteOf(note, rotation.serial) });
  const { id, publicKey, secretKey } = made;
  remember(organizationId, { publicKey, secretKey });
  return { id, outs: { ...declared(news), ...rotation, publicKey, secretKey } };
}

function unknown(organizationId: string): AccessError {
  return new AccessError(
    "refused",
    `Langfuse has no organization ${organizationId}. Correct langfuse.organization.id, or set langfuse.organization.name to have one made.`,
  );
}

/** The first pair bears the note as it is, its successors their number behind it. */
function noteOf(note: string, serial: number): string {
  return serial === 1 ? note : `${note} (${serial})`;
}

/** Also a pair that was made for one deletion and outlived the run that made it. */
function isOurs(note: string, candidate: string | null | undefined): boolean {
  if (candidate === SPARE_NOTE) return true;
  return candidate?.startsWith(note) === true && /^( \(\d+\))?$/.test(candidate.slice(note.length));
}

/** Exactly what is declared: the engine adds properties of its own to what it passes. */
function declared(inputs: OrganizationApiKeyInputs): OrganizationApiKeyInputs {
  const { organizationId, note } = inputs;
  return { organizationId, note, ...policyOf(inputs) };
}

/** Undefined when the organization is gone, and its keys with it. */
async function keysOf(client: KeyClient, organizationId: string): Promise<readonly LangfuseApiKey[] | undefined> {
  return await client.listApiKeys(organizationId).catch(async (error) => {
    await requireGone(error, organizationId, () => client.listOrganizations());
    return undefined;
  });
}
