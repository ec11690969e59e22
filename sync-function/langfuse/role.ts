/** Roles of Langfuse for organizations and projects, the mightiest first. */
export const ROLES = ["OWNER", "ADMIN", "MEMBER", "VIEWER", "NONE"] as const;

export type Role = (typeof ROLES)[number];

/** A newer server may know more roles: what it answers is data until it is tested. */
export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

/** Negative when `left` is the mightier one, positive when `right` is, 0 when they are the same. */
export function compareRoles(left: Role, right: Role): number {
  return ROLES.indexOf(left) - ROLES.indexOf(right);
}

export function isMightier(role: Role, than: Role): boolean {
  return compareRoles(role, than) < 0;
}
