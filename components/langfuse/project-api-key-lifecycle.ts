import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseApiKey } from "#sync/langfuse/answers.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { type CheckResult, changedProperties, checkInputs, UNKNOWN } from "../dynamic/inputs.ts";
import { adminClient, type KeyPair, organizationClient } from "./connection.ts";
import { derivedPair } from "./key-pair.ts";
import {
  idleCandidates,
  isIdle,
  nextRotation,
  type Rotation,
  type RotationPolicy,
  rotationShape,
} from "./key-rotation.ts";
import { behindRefusedKey, type OrganizationReader } from "./refused-key.ts";

export interface ProjectApiKeyArguments extends RotationPolicy {
  readonly organizationId: string;
  readonly projectId: string;
  readonly service: string;
  readonly environment: string;
  readonly managedBy: string;
  /** What all pairs of this key follow from. */
  readonly seed: string;
  /** Key of the organization. */
  readonly organizationPublicKey: string;
  readonly organizationSecretKey: string;
}

export type ProjectApiKeyInputs = ProjectApiKeyArguments & Rotation;
export type ProjectApiKeyOutputs = ProjectApiKeyInputs & KeyPair;

/** What this resource asks of Langfuse. */
type KeyClient = Pick<LangfuseClient, "listProjectApiKeys" | "createProjectApiKey" | "deleteProjectApiKey">;

const text = z.string().min(1);
const shape = {
  organizationId: text,
  projectId: text,
  service: text,
  environment: text,
  managedBy: text,
  // 32 characters of any alphabet are more than the 122 bits that a pair holds.
  seed: z.string().min(32),
  ...rotationShape,
};

/** Also decides what becomes of the pair, so that a preview shows a rotation and the end of a former pair. */
export async function check(
  olds: Partial<ProjectApiKeyInputs>,
  news: ProjectApiKeyArguments,
  now: Date = new Date(),
  clientOf: (inputs: ProjectApiKeyArguments) => KeyClient = clientFor,
): Promise<CheckResult<ProjectApiKeyInputs>> {
  const { inputs, failures } = checkInputs(shape, news);
  if (failures.length > 0) return { inputs: { ...inputs, ...nextRotation({}, {}, now) }, failures };
  const isKnown = ![news.projectId, news.seed, news.organizationSecretKey].includes(UNKNOWN);
  const candidates = isKnown ? idleCandidates(olds, news, now) : [];
  const idle = new Set<number>();
  if (candidates.length > 0) {
    const keys = await clientOf(news).listProjectApiKeys(news.projectId);
    for (const { serial } of candidates) {
      const { publicKey } = pairOf(news, serial);
      if (isIdle(keys.find((key) => key.publicKey === publicKey)?.lastUsedAt, news, now)) idle.add(serial);
    }
  }
  return { inputs: { ...inputs, ...nextRotation(olds, news, now, idle) }, failures };
}

/** What is written into the note of a key in Langfuse replaces it; everything else is done in place. */
export function diff(olds: ProjectApiKeyOutputs, news: ProjectApiKeyInputs): { changes: boolean; replaces: string[] } {
  const replaces = changedProperties<ProjectApiKeyInputs>(olds, news, [
    "organizationId",
    "projectId",
    "service",
    "environment",
    "managedBy",
  ]).map(String);
  const changed = changedProperties<ProjectApiKeyInputs>(olds, news, [
    "serial",
    "retiring",
    "lost",
    "seed",
    "organizationPublicKey",
    "organizationSecretKey",
  ]);
  return { changes: replaces.length + changed.length > 0, replaces };
}

export async function create(
  inputs: ProjectApiKeyInputs,
  client: KeyClient = clientFor(inputs),
): Promise<{ id: string; outs: ProjectApiKeyOutputs }> {
  const { outs } = await update(inputs, client);
  return { id: `${inputs.projectId}/${inputs.service}/${inputs.environment}`, outs };
}

/** Makes the current pair if it is not there, and then ends every pair of this key that is neither it nor retiring. */
export async function update(
  news: ProjectApiKeyInputs,
  client: KeyClient = clientFor(news),
): Promise<{ outs: ProjectApiKeyOutputs }> {
  const { projectId } = news;
  const note = noteOf(news);
  const pair = pairOf(news, news.serial);
  const keys = await client.listProjectApiKeys(projectId);
  if (!keys.some((key) => key.publicKey === pair.publicKey)) {
    await client.createProjectApiKey(projectId, { note, ...pair });
  }
  const living = new Set(
    [pair, ...news.retiring.map(({ serial }) => pairOf(news, serial))].map((one) => one.publicKey),
  );
  for (const key of keys) {
    if (key.note === note && !living.has(key.publicKey)) await client.deleteProjectApiKey(projectId, key.id);
  }
  return { outs: { ...stored(news), ...pair } };
}

export async function read(
  id: string,
  props: ProjectApiKeyOutputs,
  client: KeyClient = clientFor(props),
  admin: OrganizationReader = adminClient(),
): Promise<{ id?: string; props?: ProjectApiKeyOutputs; inputs?: ProjectApiKeyInputs }> {
  const keys = await keysOf(props, client, admin);
  if (keys === "gone") return {};
  const { publicKey, secretKey } = props;
  if (keys === "kept") return { id, props: { ...stored(props), publicKey, secretKey }, inputs: stored(props) };
  const has = (candidate: string) => keys.some((key) => key.publicKey === candidate);
  const retiring = props.retiring.filter(({ serial }) => has(pairOf(props, serial).publicKey));
  const current = { ...stored(props), retiring, ...(has(publicKey) ? {} : { lost: true }) };
  return { id, props: { ...current, publicKey, secretKey }, inputs: current };
}

export async function remove(
  props: ProjectApiKeyOutputs,
  client: KeyClient = clientFor(props),
  admin: OrganizationReader = adminClient(),
): Promise<void> {
  const keys = await keysOf(props, client, admin);
  if (keys === "gone") return;
  if (keys === "kept") {
    throw new AccessError(
      "unauthorised",
      `The key for ${props.service} in ${props.environment} cannot be deleted: the key of its organization is refused. Run \`pulumi up\` first, which gives the organization a new one.`,
    );
  }
  const note = noteOf(props);
  for (const key of keys) if (key.note === note) await client.deleteProjectApiKey(props.projectId, key.id);
}

async function keysOf(
  { organizationId, projectId }: ProjectApiKeyArguments,
  client: KeyClient,
  admin: OrganizationReader,
): Promise<readonly LangfuseApiKey[] | "gone" | "kept"> {
  return await client.listProjectApiKeys(projectId).catch((error) => {
    if (error instanceof AccessError && error.status === 404) return "gone";
    return behindRefusedKey(error, organizationId, admin);
  });
}

function clientFor({ organizationPublicKey, organizationSecretKey }: ProjectApiKeyArguments): KeyClient {
  return organizationClient({ publicKey: organizationPublicKey, secretKey: organizationSecretKey });
}

/** Shown in Langfuse beside the key, and how a key of ours is told from others. */
function noteOf({ service, environment, managedBy }: ProjectApiKeyArguments): string {
  return `${service} in ${environment}, managed by ${managedBy}`;
}

function pairOf(inputs: ProjectApiKeyArguments, serial: number): KeyPair {
  return derivedPair(inputs.seed, [inputs.projectId, noteOf(inputs), serial]);
}

/** Exactly what is stored: the engine adds properties of its own to what it passes, and an absent one must stay absent. */
function stored(inputs: ProjectApiKeyInputs): ProjectApiKeyInputs {
  const { organizationId, projectId, service, environment, managedBy, seed, serial, issuedAt, retiring } = inputs;
  const { organizationPublicKey, organizationSecretKey } = inputs;
  const policy = (["generation", "rotateEvery", "overlap", "deadline"] as const)
    .filter((property) => inputs[property] !== undefined)
    .map((property) => [property, inputs[property]]);
  return {
    ...{ organizationId, projectId, service, environment, managedBy, seed, serial, issuedAt, retiring },
    ...{ organizationPublicKey, organizationSecretKey },
    ...Object.fromEntries(policy),
  };
}
