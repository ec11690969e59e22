import type { Role } from "#sync/langfuse/role.ts";
import { address } from "./access-ground.ts";

export const rules = [
  { from: { realmRole: "admins" }, organization: "ADMIN" },
  { from: { group: "/research" }, organization: "VIEWER", projects: { Assistant: "MEMBER" } },
  { from: { clientRole: "crm/support" }, projects: { Assistant: "VIEWER" } },
];
export const protect = [address("boss")];

/** A guard, and an organization in which it stands against what the rules want. */
interface Guarded {
  readonly guard: string;
  readonly members: Readonly<Record<string, Role>>;
  readonly settings: object;
  /** Roles of those who have another one once the plan was approved. */
  readonly approved: Readonly<Record<string, Role>>;
}

/** One person is too many, so that a small organization is enough. */
const NOBODY = { floor: 0, fraction: 0 };

export const GUARDED: readonly Guarded[] = [
  {
    guard: "mass-removal",
    members: { boss: "OWNER", admin: "ADMIN", plain: "MEMBER" },
    settings: { rules, protect, guards: { removals: NOBODY } },
    approved: { plain: "NONE" },
  },
  {
    guard: "mass-demotion",
    members: { boss: "OWNER", admin: "OWNER" },
    settings: { rules, protect, guards: { demotions: NOBODY } },
    approved: { admin: "ADMIN" },
  },
  {
    guard: "mass-escalation",
    members: { boss: "OWNER", admin: "VIEWER" },
    settings: { rules, protect, guards: { escalations: NOBODY } },
    approved: { admin: "ADMIN" },
  },
  {
    guard: "empty-upstream",
    members: { boss: "OWNER", plain: "MEMBER" },
    settings: { rules: rules.slice(0, 1), protect },
    approved: { plain: "NONE" },
  },
  {
    guard: "minimum-owners",
    members: { boss: "OWNER", admin: "OWNER" },
    settings: { rules, protect, guards: { minimumOwners: 2 } },
    approved: { admin: "ADMIN" },
  },
  {
    guard: "last-owner",
    members: { plain: "OWNER", admin: "VIEWER" },
    settings: { rules: rules.slice(1) },
    approved: { admin: "NONE" },
  },
  {
    guard: "ambiguous",
    members: { boss: "OWNER", twin: "MEMBER", admin: "VIEWER" },
    settings: { rules, protect },
    approved: { admin: "ADMIN" },
  },
  {
    guard: "unverified",
    members: { boss: "OWNER", unverified: "VIEWER" },
    settings: { rules, protect },
    approved: { unverified: "MEMBER" },
  },
];
