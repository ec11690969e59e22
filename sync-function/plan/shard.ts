import { createHash } from "node:crypto";

/**
 * Which of several Jobs looks after an organization: by a hash of its id, so that it stays the same whatever other
 * organizations come and go.
 *
 * @param count how many Jobs there are, 1 or more
 * @returns from 0
 */
export function shardOf(organization: string, count: number): number {
  return createHash("sha256").update(organization).digest().readUInt32BE() % count;
}

/** What tells the files and objects of a Job from those it shares the work with; empty for one that is alone. */
export function shardSuffix({ index, of }: { readonly index: number; readonly of: number }): string {
  return of > 1 ? `.${index}` : "";
}
