import * as z from "zod";
import { compareRoles, isMightier, ROLES, type Role } from "../langfuse/role.ts";

/**
 * - `grant`: from NONE to access
 * - `promote`: to a mightier role
 * - `demote`: to a lower role that still has access
 * - `remove-access`: to NONE; the membership stays, and with it the project roles
 */
export const CHANGE_KINDS = ["grant", "promote", "demote", "remove-access"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export const changeSchema = z.object({
  kind: z.enum(CHANGE_KINDS),
  email: z.string(),
  userId: z.string(),
  from: z.enum(ROLES),
  to: z.enum(ROLES),
  reason: z.string(),
});
export type Change = Readonly<z.output<typeof changeSchema>>;

/** Undefined when there is nothing to change. */
export function changeKind(from: Role, to: Role): ChangeKind | undefined {
  if (from === to) return undefined;
  if (to === "NONE") return "remove-access";
  if (from === "NONE") return "grant";
  return isMightier(to, from) ? "promote" : "demote";
}

/** Whether the change gives rather than takes; these come first, so that an organization never runs out of owners. */
export function raises(change: Pick<Change, "from" | "to">): boolean {
  return compareRoles(change.to, change.from) < 0;
}
