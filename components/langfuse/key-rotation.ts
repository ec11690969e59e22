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
  /** When its successor was made, as ISO 8601. */
  readonly since: string;
}

/** Where a key is in its life; it is part of the stored inputs, so that a preview shows what an `up` is going to do. */
export interface Rotation {
  /** Number of the current pair, from 1. */
  readonly serial: number;
  /** When it was decided on, as ISO 8601. */
  readonly issuedAt: string;
  readonly retiring: readonly RetiringPair[];
  /** Set by a refresh that did not find the current pair. */
  readonly lost?: boolean;
}

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
export function idleCandidates(former: Partial<Rotation>, policy: RotationPolicy, now: Date): readonly RetiringPair[] {
  return (former.retiring ?? []).filter(
    ({ since }) => age(since, now) >= overlap(policy) && age(since, now) < deadline(policy),
  );
}

/**
 * Whether a former pair has been idle for the overlap. A server that does not tell when a key was last used proves
 * nothing, so that such a pair lives until its deadline.
 */
export function isIdle(lastUsedAt: string | null | undefined, policy: RotationPolicy, now: Date): boolean {
  return typeof lastUsedAt === "string" && age(lastUsedAt, now) >= overlap(policy);
}

/**
 * The next step in the life of a key. A pair that was deleted in Langfuse is followed by another one, because Langfuse
 * may refuse the same pair for as long as somebody keeps trying it.
 *
 * @param former stored inputs, without `serial` when there is no key yet
 * @param idle serials of retiring pairs that nobody uses any more
 */
export function nextRotation(
  former: Partial<Rotation> & Pick<RotationPolicy, "generation">,
  policy: RotationPolicy,
  now: Date,
  idle: ReadonlySet<number> = new Set(),
): Rotation {
  const today = `${now.toISOString().slice(0, 19)}Z`;
  const { serial, issuedAt = today, retiring = [], lost = false } = former;
  if (serial === undefined) return { serial: 1, issuedAt: today, retiring: [] };
  const kept = retiring.filter((pair) => age(pair.since, now) < deadline(policy) && !idle.has(pair.serial));
  const isOld = policy.rotateEvery !== undefined && age(issuedAt, now) >= milliseconds(policy.rotateEvery);
  const isAskedFor = (former.generation ?? 1) !== (policy.generation ?? 1);
  if (!lost && !isOld && !isAskedFor) return { serial, issuedAt, retiring: kept };
  const successor = { serial: serial + 1, issuedAt: today };
  return { ...successor, retiring: lost ? kept : [...kept, { serial, since: today }] };
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
