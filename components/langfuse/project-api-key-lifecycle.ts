import { z } from "zod";
import type { LangfuseApiKey } from "#sync/langfuse/answers.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { type CheckResult, changedProperties, checkInputs } from "../dynamic/inputs.ts";
import { requireGone, withExisting } from "./absence.ts";
import { announce } from "./announcement.ts";
import { adminClient, clientOf, currentPair, type KeyPair, organizationClient } from "./connection.ts";
import { derivedPair } from "./key-pair.ts";
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
import { behindRefusedKey, isRefusedKey, type OrganizationReader } from "./refused-key.ts";
import { deleteInAnyCase, type SpareKeyMaker } from "./spare-key.ts";
import { withStoredPair } from "./stored-pair.ts";

export interface ProjectApiKeyInputs extends RotationPolicy {
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

export type ProjectApiKeyOutputs = ProjectApiKeyInputs & Rotation & KeyPair;

/** What this resource asks of Langfuse. */
export type KeyClient = Pick<
  LangfuseClient,
  "listProjects" | "listProjectApiKeys" | "createProjectApiKey" | "deleteProjectApiKey"
>;

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

/** What a pair is made from and where it is put: when one of these is another, so is the pair. */
const PLACE = ["projectId", "service", "environment", "managedBy", "seed"] as const;

export const check = (
  olds: Partial<ProjectApiKeyInputs>,
  news: ProjectApiKeyInputs,
): CheckResult<ProjectApiKeyInputs> =>
  checkInputs(shape, withStoredPair(olds, news, ["organizationPublicKey", "organizationSecretKey"]));

/**
 * Also decides what becomes of the pair, so that a preview shows a rotation and the end of a former pair. A service that
 * moves to another project or gets another name keeps its former pair for the overlap, as in any rotation.
 */
export async function diff(
  olds: ProjectApiKeyOutputs,
  news: ProjectApiKeyInputs,
  now: Date = new Date(),
  client: KeyClient = clientFor(olds),
  say: (line: string) => void = announce,
): Promise<{ changes: boolean; replaces: string[] }> {
  const replaces = changedProperties<ProjectApiKeyInputs>(olds, news, ["organizationId"]).map(String);
  if (replaces.length > 0) return { changes: true, replaces };
  const next = nextRotation(olds, news, now, {
    idle: idlePairs(olds, news, now, await keysOfCandidates(olds, news, now, client)),
    isMoved: isMoved(olds, news),
  });
  if (isStep(olds, next)) say(`${news.service} in ${news.environment}: ${describeStep(olds, next)}`);
  return { changes: isStep(olds, next), replaces };
}

export async function create(
  inputs: ProjectApiKeyInputs,
  client: KeyClient = clientFor(inputs),
  now: Date = new Date(),
): Promise<{ id: string; outs: ProjectApiKeyOutputs }> {
  const outs = await reconcile(inputs, undefined, client, now);
  return { id: `${inputs.projectId}/${inputs.service}/${inputs.environment}`, outs };
}

export async function update(
  news: ProjectApiKeyInputs,
  olds: ProjectApiKeyOutputs,
  client: KeyClient = clientFor(news),
  now: Date = new Date(),
): Promise<{ outs: ProjectApiKeyOutputs }> {
  return { outs: await reconcile(news, olds, client, now) };
}

export async function read(
  id: string,
  props: ProjectApiKeyOutputs,
  client: KeyClient = clientFor(props),
  admin: OrganizationReader = adminClient(),
): Promise<{ id?: string; props?: ProjectApiKeyOutputs; inputs?: ProjectApiKeyInputs }> {
  const { serial, issuedAt, publicKey, secretKey } = props;
  const keys = await keysBehind(client, props, admin);
  if (keys === "gone") return {};
  const has = (pair: { publicKey: string }) => keys === "kept" || keys.some((key) => key.publicKey === pair.publicKey);
  const isLost = !has(props) || (keys === "kept" && props.lost === true);
  const rotation = { serial, issuedAt, retiring: props.retiring.filter(has), ...(isLost ? { lost: true } : {}) };
  return { id, props: { ...declared(props), ...rotation, publicKey, secretKey }, inputs: declared(props) };
}

export async function remove(
  props: ProjectApiKeyOutputs,
  client: KeyClient = clientFor(props, { waits: false }),
  admin: SpareKeyMaker = adminClient(),
  spare: (pair: KeyPair) => KeyClient = clientOf,
): Promise<void> {
  const work = async (given: KeyClient) => {
    const ours = ownership(props, props);
    for (const projectId of placesOf(props)) {
      for (const key of (await keysIn(given, projectId)) ?? []) {
        if (ours(key)) await given.deleteProjectApiKey(projectId, key.id);
      }
    }
  };
  await deleteInAnyCase(props.organizationId, work, { stored: client, spare, admin });
}

/** Makes the current pair if it is not there, and then ends every pair of this key that is neither it nor retiring. */
async function reconcile(
  news: ProjectApiKeyInputs,
  olds: ProjectApiKeyOutputs | undefined,
  client: KeyClient,
  now: Date,
): Promise<ProjectApiKeyOutputs> {
  const { projectId, service, environment } = news;
  const what = `The project (${projectId}) of ${service} in ${environment}`;
  const keysOfProject = await withExisting({ id: projectId, what, list: () => client.listProjects() }, () =>
    client.listProjectApiKeys(projectId),
  );
  const places = new Map([[projectId, keysOfProject]]);
  for (const former of olds ? placesOf(olds) : []) {
    if (!places.has(former)) places.set(former, (await keysIn(client, former)) ?? []);
  }
  const keysThere = [...places.values()].flat();
  const rotation = olds
    ? nextRotation(foundAgain(olds, keysThere), news, now, {
        idle: idlePairs(olds, news, now, keysThere),
        isMoved: isMoved(olds, news),
      })
    : firstRotation(now);
  const pair = pairOf(news, rotation.serial);
  if (!places.get(projectId)?.some((key) => key.publicKey === pair.publicKey)) {
    await client.createProjectApiKey(projectId, { note: noteOf(news), ...pair });
  }
  const living = new Set([pair, ...rotation.retiring].map((one) => one.publicKey));
  const ours = ownership(news, olds);
  for (const [place, keys] of places) {
    for (const key of keys) {
      if (ours(key) && !living.has(key.publicKey)) await client.deleteProjectApiKey(place, key.id);
    }
  }
  const current = currentPair(news.organizationId, organizationPair(news));
  const stored = { organizationPublicKey: current.publicKey, organizationSecretKey: current.secretKey };
  return { ...declared(news), ...stored, ...rotation, ...pair };
}

/** Keys of former pairs that may be idle. A key that is refused proves nothing, and must not end a preview. */
async function keysOfCandidates(
  olds: ProjectApiKeyOutputs,
  news: ProjectApiKeyInputs,
  now: Date,
  client: KeyClient,
): Promise<LangfuseApiKey[]> {
  const places = new Set(idleCandidates(olds, news, now).map((pair) => pair.projectId ?? olds.projectId));
  const keys = [];
  for (const place of places) {
    const found = await keysIn(client, place).catch((error) => {
      if (isRefusedKey(error)) return undefined;
      throw error;
    });
    keys.push(...(found ?? []));
  }
  return keys;
}

function isMoved(olds: ProjectApiKeyOutputs, news: ProjectApiKeyInputs): boolean {
  return changedProperties<ProjectApiKeyInputs>(olds, news, PLACE).length > 0;
}

/** Projects in which pairs of this key may be, the current one first. */
function placesOf({ projectId, retiring }: ProjectApiKeyOutputs): Set<string> {
  return new Set([projectId, ...retiring.map((pair) => pair.projectId ?? projectId)]);
}

/** Undefined when the project is gone, and its keys with it. */
async function keysIn(client: KeyClient, projectId: string): Promise<readonly LangfuseApiKey[] | undefined> {
  return await client.listProjectApiKeys(projectId).catch(async (error) => {
    await requireGone(error, projectId, () => client.listProjects());
    return undefined;
  });
}

/** All keys where pairs may be; `gone` with the project of the current one. */
async function keysBehind(
  client: KeyClient,
  props: ProjectApiKeyOutputs,
  admin: OrganizationReader,
): Promise<readonly LangfuseApiKey[] | "gone" | "kept"> {
  try {
    const places = await Promise.all([...placesOf(props)].map((place) => keysIn(client, place)));
    return places[0] === undefined ? "gone" : places.flatMap((keys) => keys ?? []);
  } catch (error) {
    return await behindRefusedKey(error, props.organizationId, admin);
  }
}

function clientFor(inputs: ProjectApiKeyInputs, options?: { readonly waits: boolean }): KeyClient {
  return organizationClient(inputs.organizationId, organizationPair(inputs), options);
}

function organizationPair(inputs: ProjectApiKeyInputs): KeyPair {
  return { publicKey: inputs.organizationPublicKey, secretKey: inputs.organizationSecretKey };
}

/** Shown in Langfuse beside the key. Its end is how a key of ours is told from others, whatever the service is called. */
function noteOf({ service, environment, managedBy }: ProjectApiKeyInputs): string {
  return `${service} in ${environment}, managed by ${managedBy}`;
}

function ownership(
  news: ProjectApiKeyInputs,
  olds: ProjectApiKeyOutputs | undefined,
): (key: Pick<LangfuseApiKey, "note" | "publicKey">) => boolean {
  const known = new Set([olds, ...(olds?.retiring ?? [])].map((pair) => pair?.publicKey));
  return ({ note, publicKey }) => known.has(publicKey) || note?.endsWith(`, managed by ${news.managedBy}`) === true;
}

function pairOf(inputs: ProjectApiKeyInputs, serial: number): KeyPair {
  return derivedPair(inputs.seed, [inputs.projectId, noteOf(inputs), serial]);
}

/** Exactly what is declared: the engine adds properties of its own to what it passes. */
function declared(inputs: ProjectApiKeyInputs): ProjectApiKeyInputs {
  const { organizationId, projectId, service, environment, managedBy, seed } = inputs;
  const { organizationPublicKey, organizationSecretKey } = inputs;
  return {
    ...{ organizationId, projectId, service, environment, managedBy, seed },
    ...{ organizationPublicKey, organizationSecretKey },
    ...policyOf(inputs),
  };
}
