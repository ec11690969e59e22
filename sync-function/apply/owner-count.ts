import type { Change } from "../plan/change.ts";

/** Owners of an organization as they come and go while a plan is applied. */
export interface OwnerCount {
  /** Called before a change is made; what stands against it now, if anything. */
  begin(change: Change): string | undefined;
  /** Called when the server has answered. */
  end(change: Change, isDone: boolean): void;
}

export interface OwnerFacts {
  /** Owners before the first change. */
  readonly owners: number;
  /** Owners that the organization has to keep. */
  readonly minimum: number;
}

/**
 * The guards have judged the plan as a whole. Where the one who was to become an owner did not, taking the role from
 * another one is no longer what they let through.
 *
 * @param changes the whole plan; where an approval let it leave fewer owners than the minimum, that many may go
 */
export function ownerCount(changes: readonly Change[], { owners, minimum }: OwnerFacts): OwnerCount {
  const leaving = (change: Change) => change.project === undefined && change.from === "OWNER" && change.to !== "OWNER";
  const joining = (change: Change) => change.project === undefined && change.from !== "OWNER" && change.to === "OWNER";
  const planned = owners - changes.filter(leaving).length + changes.filter(joining).length;
  const least = Math.min(minimum, planned);
  let count = owners;
  return {
    begin: (change) => {
      if (!leaving(change)) return undefined;
      if (count - 1 < least) {
        return `it would leave ${count - 1} owners, because somebody who was to become one did not; run again when that is mended`;
      }
      // Also if it fails: its answer may be what was lost.
      count -= 1;
      return undefined;
    },
    end: (change, isDone) => {
      if (isDone && joining(change)) count += 1;
    },
  };
}
