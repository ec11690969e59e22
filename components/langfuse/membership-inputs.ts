import type { Role } from "#sync/langfuse/role.ts";
import type { Adoption } from "./adoption.ts";
import type { KeyPair } from "./connection.ts";
import { inOrder, type ProjectRole } from "./project-roles.ts";

export interface MembershipInputs extends KeyPair {
  readonly organizationId: string;
  readonly email: string;
  readonly role: Role;
  /** Roles in single projects; those in other projects are left alone. */
  readonly projectRoles?: readonly ProjectRole[];
  /** Default `never`. */
  readonly adopt?: Adoption;
}

/** What is stored. */
export type MembershipOutputs = Omit<MembershipInputs, "adopt">;

/** One form for what means the same. */
export function canonical(props: MembershipOutputs): MembershipOutputs {
  // A preview may not know them yet, and then has a marker text in their place.
  const roles = Array.isArray(props.projectRoles) ? props.projectRoles : [];
  return { ...props, email: props.email.toLowerCase(), projectRoles: inOrder(roles) };
}
