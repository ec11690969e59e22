import { isMightier, type Role } from "../langfuse/role.ts";
import type { Change } from "../plan/change.ts";

/** Whom a plan concerns in a way that is limited: addresses (user ids of those without one), each once. */
export interface Concerned {
  readonly removed: readonly string[];
  readonly demoted: readonly string[];
  readonly escalated: readonly string[];
}

/**
 * Counts people, not changes: who leaves the organization is not demoted in each of its projects besides. Roles in
 * projects count like those in the organization, because they open the same prompts.
 */
export function concernedBy(changes: readonly Change[]): Concerned {
  const removed = peopleOf(changes.filter(removes));
  const gone = new Set(removed);
  const demoted = peopleOf(changes.filter(({ from, to }) => to !== "NONE" && isMightier(from, to)));
  return {
    removed,
    demoted: demoted.filter((person) => !gone.has(person)),
    escalated: peopleOf(changes.filter(escalates)),
  };
}

/** Everybody whom one of two concerns, each once. */
export function together(left: Concerned, right: Concerned): Concerned {
  const both = (kind: keyof Concerned) => [...new Set([...left[kind], ...right[kind]])];
  const removed = both("removed");
  return {
    removed,
    demoted: both("demoted").filter((person) => !removed.includes(person)),
    escalated: both("escalated"),
  };
}

/** Whether the change lets somebody rise to ADMIN or OWNER. */
export function escalates({ from, to }: Pick<Change, "from" | "to">): boolean {
  return isMightier(to, from) && isMightier(to, MIGHTIEST_ORDINARY);
}

/** How a person is named: some have no address in Langfuse. */
export function nameOf({ email, userId }: { readonly email: string; readonly userId: string | null }): string {
  return email || (userId ?? "");
}

const MIGHTIEST_ORDINARY: Role = "MEMBER";

function removes({ kind, from, to }: Change): boolean {
  return kind === "remove-member" || (to === "NONE" && from !== "NONE");
}

function peopleOf(changes: readonly Change[]): readonly string[] {
  return [...new Set(changes.map(nameOf))];
}
