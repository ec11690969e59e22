import { AccessError } from "#sync/errors.ts";
import { managerOf } from "./marker.ts";

/** What to do with something of the same name that this stack did not make: refuse to touch it, or take it over. */
export const ADOPTIONS = ["never", "if-exists"] as const;

export type Adoption = (typeof ADOPTIONS)[number];

/** Something in Langfuse that a person recognises by its name. */
interface Named {
  readonly id: string;
  readonly name: string;
  readonly metadata?: unknown;
}

/**
 * Of what is there, the one that this stack made, or else the one it may take over; undefined when a new one is due.
 * What another stack made is never taken: both would undo each other's changes for ever.
 *
 * @param kind for messages: `organization` or `project`
 * @param isNameUnique whether Langfuse refuses a second one of the same name
 * @throws AccessError `refused` when somebody has to decide
 */
export function ownOrAdopted<T extends Named>(
  kind: string,
  candidates: readonly T[],
  wanted: { readonly name: string; readonly managedBy: string; readonly adopt: Adoption },
  isNameUnique: boolean,
): T | undefined {
  const { name, managedBy, adopt } = wanted;
  const own = candidates.find((candidate) => managerOf(candidate.metadata) === managedBy);
  if (own) return own;
  const namesakes = candidates.filter((candidate) => candidate.name === name);
  if (adopt === "never") {
    if (!isNameUnique || namesakes.length === 0) return undefined;
    throw refusal(
      `The organization already has a ${kind} "${name}" that this stack does not manage. Set langfuse.adopt to if-exists to take it over, choose another name, or delete it in Langfuse.`,
    );
  }
  const free = namesakes.filter((candidate) => managerOf(candidate.metadata) === undefined);
  const [only] = free;
  if (free.length > 1) {
    const ids = free.map(({ id }) => id).join(", ");
    throw refusal(
      `There are ${free.length} ${kind}s "${name}" (${ids}), and only one can be taken over. Rename the others first.`,
    );
  }
  const [taken] = namesakes;
  if (!only && taken && isNameUnique) {
    throw refusal(
      `The ${kind} "${name}" (${taken.id}) is managed by ${managerOf(taken.metadata)}. Remove it from there first, or choose another name.`,
    );
  }
  return only;
}

function refusal(message: string): AccessError {
  return new AccessError("refused", message);
}
