import type { Role } from "../langfuse/role.ts";

/** Which realm role gives which role of Langfuse. */
export interface RoleMapping {
  /** The first rule whose realm role a person holds decides. */
  readonly rules: readonly MappingRule[];
  /** For people who have a user in Keycloak and hold none of the mapped roles. */
  readonly fallback: Role;
}

export interface MappingRule {
  /** Name of the realm role in Keycloak. */
  readonly realmRole: string;
  readonly grants: Role;
}

export interface WantedRole {
  readonly role: Role;
  /** Realm role that decided; undefined when none is held. */
  readonly realmRole: string | undefined;
}

export function wantedRole(effectiveRoles: Iterable<string>, mapping: RoleMapping): WantedRole {
  const held = new Set(effectiveRoles);
  const rule = mapping.rules.find(({ realmRole }) => held.has(realmRole));
  return { role: rule?.grants ?? mapping.fallback, realmRole: rule?.realmRole };
}
