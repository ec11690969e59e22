import * as z from "zod";
import { compareRoles, isMightier, ROLES, type Role } from "../langfuse/role.ts";

/**
 * Changes of the organization role:
 *
 * - `provision`: a holder who is no member yet becomes one
 * - `grant`: from NONE to access
 * - `promote`: to a mightier role
 * - `demote`: to a lower role that still has access
 * - `remove-access`: to NONE; the membership stays, and with it the project roles
 * - `remove-member`: the membership ends, and all project roles with it
 *
 * Changes of a project role:
 *
 * - `project-grant`: there was no row, so that the organization role counted
 * - `project-promote`, `project-demote`: the row gets a mightier or lower role
 * - `project-revoke`: the row goes, so that the organization role counts again
 */
export const ORGANIZATION_CHANGE_KINDS = [
  "provision",
  "grant",
  "promote",
  "demote",
  "remove-access",
  "remove-member",
] as const;
export const PROJECT_CHANGE_KINDS = ["project-grant", "project-promote", "project-demote", "project-revoke"] as const;
export const CHANGE_KINDS = [...ORGANIZATION_CHANGE_KINDS, ...PROJECT_CHANGE_KINDS] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

const role = z.enum(ROLES);
const project = z.strictObject({ id: z.string(), name: z.string() });

export const changeSchema = z.strictObject({
  kind: z.enum(CHANGE_KINDS),
  email: z.string(),
  /** Of the user in Langfuse; null when a provision will tell it. */
  userId: z.string().nullable(),
  /** Of the user in Keycloak; null when there is none. */
  keycloakId: z.string().nullable(),
  /** What they may do before and after: the role in the organization, or with `project` the effective one there. */
  from: role,
  to: role,
  /** The project whose row is written, and the row itself; null is no row. */
  project: project.optional(),
  row: z.strictObject({ from: role.nullable(), to: role.nullable() }).optional(),
  /** For people, to be read after "because". */
  reason: z.string(),
  /** Position of the winning rule, from 0; absent when the default, or no rule, decided. */
  rule: z.number().int().nonnegative().optional(),
  /** The role the rule gives, where the unverified address allowed less. */
  withheld: role.optional(),
  /** Project roles that the person loses with the membership, or keeps in spite of the organization role NONE. */
  projectRoles: z.array(z.strictObject({ project, role: z.string() })).optional(),
});
export type Change = Readonly<z.output<typeof changeSchema>>;

/** Undefined when there is nothing to change. */
export function changeKind(from: Role, to: Role): ChangeKind | undefined {
  if (from === to) return undefined;
  if (to === "NONE") return "remove-access";
  if (from === "NONE") return "grant";
  return isMightier(to, from) ? "promote" : "demote";
}

/** The same for the row of a project; null is no row. */
export function projectChangeKind(from: Role | null, to: Role | null): ChangeKind | undefined {
  if (from === to) return undefined;
  if (from === null) return "project-grant";
  if (to === null) return "project-revoke";
  return isMightier(to, from) ? "project-promote" : "project-demote";
}

/** Whether the change gives rather than takes; these come first, so that an organization never runs out of owners. */
export function raises({ kind, from, to }: Pick<Change, "kind" | "from" | "to">): boolean {
  return kind === "provision" || compareRoles(to, from) < 0;
}

/** Changes of a lower phase are finished before those of a higher one are begun. */
export const PHASES = 4;

/**
 * Who is given something gets it before anybody loses anything. Members first, because a project role needs a membership;
 * when something is taken the other way round, so that nobody is without access for a moment who keeps some.
 */
export function phaseOf(change: Pick<Change, "kind" | "from" | "to" | "project">): number {
  const ofProject = change.project !== undefined;
  if (raises(change)) return ofProject ? 1 : 0;
  return ofProject ? 2 : 3;
}
