import { z } from "zod";

/** A length of time as a person writes it: a whole number and `m`, `h` or `d`. */
export const DURATION = /^[1-9]\d*[mhd]$/;

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** When a key gives way to the next one, and when it ends. */
export interface RotationPolicy {
  /** Any other number than before makes a new pair: rotation by hand. Default 1. */
  readonly generation?: number;
  /** Age at which the next `up` makes a new pair; by default none does. */
  readonly rotateEvery?: string;
  /** How long a former pair must have been idle, and live at least. Default 1h. */
  readonly overlap?: string;
  /** How long a former pair lives at most, used or not. Default 7d. */
  readonly deadline?: string;
}

/** A pair that has a successor and still works. */
export interface RetiringPair {
  readonly serial: number;
  readonly publicKey: string;
  /** Where it is; absent for a key of an organization. */
  readonly projectId?: string;
  /** When its successor was made, as ISO 8601. */
  readonly since: string;
}

/**
 * Where a key is in its life. It is stored with the outputs of the resource: times among the inputs would make two
 * previews of the same program differ, and a saved plan unusable.
 */
export interface Rotation {
  /** Number of the current pair, from 1. */
  readonly serial: number;
  /** When it was made, as ISO 8601. */
  readonly issuedAt: string;
  readonly retiring: readonly RetiringPair[];
  /** Set by a refresh that did not find the current pair. */
  readonly lost?: boolean;
}

/** What is known of the current pair and of the wish that it answers. */
export type FormerRotation = Rotation &
  Pick<RotationPolicy, "generation"> &
  Pick<RetiringPair, "publicKey" | "projectId">;

export const DEFAULT_OVERLAP = "1h";
export const DEFAULT_DEADLINE = "7d";

const duration = z.string().regex(DURATION, "use a whole number of minutes, hours or days, such as 90d");

/** The policy as inputs of a resource. */
export const rotationShape = {
  generation: z.int().min(1).optional(),
  rotateEvery: duration.optional(),
  overlap: duration.optional(),
  deadline: duration.optional(),
};

/** Milliseconds of a text that matches `DURATION`. */
export function milliseconds(text: string): number {
  return Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? Number.NaN);
}

/** Former pairs of which it is worth asking whether they are still used: their overlap is over, their deadline not. */
export function idleCandidates({ retiring }: Rotation, policy: RotationPolicy, now: Date): readonly RetiringPair[] {
  return retiring.filter(({ since }) => age(since, now) >= overlap(policy) && age(since, now) < deadline(policy));
}

/**
 * The public keys of former pairs that have been idle for the overlap. A server that does not tell when a key was last
 * used proves nothing, so that such a pair lives until its deadline.
 *
 * @param keys what the server tells of keys, those of others among them
 */
export function idlePairs(
  former: Rotation,
  policy: RotationPolicy,
  now: Date,
  keys: readonly { readonly publicKey: string; readonly lastUsedAt?: string | null | undefined }[],
): ReadonlySet<string> {
  const lastUse = new Map(keys.map(({ publicKey, lastUsedAt }) => [publicKey, lastUsedAt]));
  const idle = idleCandidates(former, policy, now).filter(({ publicKey }) => {
    const lastUsedAt = lastUse.get(publicKey);
    return typeof lastUsedAt === "string" && age(lastUsedAt, now) >= overlap(policy);
  });
  return new Set(idle.map(({ publicKey }) => publicKey));
}

export function firstRotation(now: Date): Rotation {
  return { serial: 1, issuedAt: isoTime(now), retiring: [] };
}

/**
 * The next step in the life of a key. A pair that was deleted in Langfuse is followed by another one, because Langfuse
 * may refuse the same pair for as long as somebody keeps trying it.
 *
 * @param idle public keys of retiring pairs that nobody uses any more
 * @param isMoved whether the key belongs elsewhere now, which takes another pair
 */
export function nextRotation(
  former: FormerRotation,
  policy: RotationPolicy,
  now: Date,
  { idle = new Set(), isMoved = false }: { idle?: ReadonlySet<string>; isMoved?: boolean } = {},
): Rotation {
  const { serial, issuedAt, retiring, lost = false, publicKey, projectId } = former;
  const kept = retiring.filter((pair) => age(pair.since, now) < deadline(policy) && !idle.has(pair.publicKey));
  const isOld = policy.rotateEvery !== undefined && age(issuedAt, now) >= milliseconds(policy.rotateEvery);
  const isAskedFor = (former.generation ?? 1) !== (policy.generation ?? 1);
  if (!lost && !isOld && !isAskedFor && !isMoved) return { serial, issuedAt, retiring: kept };
  const since = isoTime(now);
  const place = projectId === undefined ? {} : { projectId };
  return {
    serial: serial + 1,
    issuedAt: since,
    retiring: lost ? kept : [...kept, { serial, publicKey, ...place, since }],
  };
}

/**
 * What is known of a pair, beside what the server lists now: one that a refresh took for lost after a half answer, and
 * that is there all the same, must not end while its users know no other.
 */
export function foundAgain<T extends FormerRotation>(
  former: T,
  keys: readonly { readonly publicKey: string }[],
): Omit<T, "lost"> {
  const { lost, ...found } = former;
  return lost && !keys.some(({ publicKey }) => publicKey === former.publicKey) ? former : found;
}

/** Whether the step changes anything in Langfuse. */
export function isStep(former: Rotation, next: Rotation): boolean {
  return next.serial !== former.serial || next.retiring.length !== former.retiring.length;
}

/** The step in words, for a person who knows whose key it is. */
export function describeStep(former: Rotation, next: Rotation): string {
  const ended = former.retiring.filter((pair) => next.retiring.every(({ serial }) => serial !== pair.serial));
  const ends = ended.map(({ serial }) => `pair ${serial} ends`);
  if (next.serial === former.serial) return ends.join(", ");
  const successor = former.lost
    ? `pair ${former.serial} was deleted in Langfuse, pair ${next.serial} takes its place`
    : `pair ${former.serial} → ${next.serial}, the former one goes on for now`;
  return [successor, ...ends].join(", ");
}

/** The declared part of the policy: an absent property must stay absent, the engine cannot store `undefined`. */
export function policyOf(
  policy: { readonly [Key in keyof RotationPolicy]: RotationPolicy[Key] | undefined },
): RotationPolicy {
  const { generation, rotateEvery, overlap, deadline } = policy;
  return {
    ...(generation === undefined ? {} : { generation }),
    ...(rotateEvery === undefined ? {} : { rotateEvery }),
    ...(overlap === undefined ? {} : { overlap }),
    ...(deadline === undefined ? {} : { deadline }),
  };
}

function isoTime(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}

function age(since: string, now: Date): number {
  return now.getTime() - Date.parse(since);
}

function overlap({ overlap: text = DEFAULT_OVERLAP }: RotationPolicy): number {
  return milliseconds(text);
}

function deadline(policy: RotationPolicy): number {
  return Math.max(milliseconds(policy.deadline ?? DEFAULT_DEADLINE), overlap(policy));
}
