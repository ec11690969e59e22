import type { Role } from "../langfuse/role.ts";
import type { Interest, Person } from "../people/person.ts";

/** What somebody must hold in Keycloak for a rule to apply to them. */
export type RoleSource =
  | { readonly kind: "realmRole"; readonly name: string }
  /** `name` is `client/role`: the client's id up to the first slash. */
  | { readonly kind: "clientRole"; readonly name: string }
  | { readonly kind: "group"; readonly path: string; readonly includeSubgroups: boolean };

/** What must be true of a person besides; every condition that is given must hold. */
export interface RuleConditions {
  readonly emailVerified?: boolean | undefined;
  /** Lower-case domains, of which the address must have one; subdomains are domains of their own. */
  readonly emailDomain?: readonly string[] | undefined;
}

export interface Rule {
  readonly from: RoleSource;
  readonly when?: RuleConditions;
  /** Role in the organization; absent when the rule says nothing about it. */
  readonly organization?: Role;
  /** Role by name or id of a project. */
  readonly projects: ReadonlyMap<string, Role>;
}

/**
 * What becomes of members without a user in Keycloak, once the grace period is over: they stay, keep the membership
 * with role NONE, or lose the membership with all its project roles.
 */
export const UNMATCHED_MODES = ["keep", "none", "remove"] as const;
export type UnmatchedMode = (typeof UNMATCHED_MODES)[number];

/**
 * Whom that concerns: all of them, or only those whom an earlier run found in Keycloak. The others were never the sync's:
 * somebody invited them by hand.
 */
export const UNMATCHED_SCOPES = ["all", "linked"] as const;
export type UnmatchedScope = (typeof UNMATCHED_SCOPES)[number];

/** Everything that decides about the members of one organization. */
export interface AccessRules {
  /** Id of the organization in Langfuse. */
  readonly organization: string;
  /** For each target the first rule that applies to a person decides. */
  readonly rules: readonly Rule[];
  /** Role in the organization of people who have a user in Keycloak and to whom no rule gives one. */
  readonly fallback: Role;
  /** Patterns of addresses that are declared elsewhere: never touched, and reported. */
  readonly protect: readonly string[];
  /** Patterns of addresses the sync takes no notice of. */
  readonly ignore: readonly string[];
  readonly unmatched: UnmatchedMode;
  readonly unmatchedScope: UnmatchedScope;
  /** How long somebody must have been without a user in Keycloak before `unmatched` applies, in days. */
  readonly graceDays: number;
  /** Whether holders of a role are made members before their first login. */
  readonly provision: boolean;
}

export function appliesTo({ from, when }: Pick<Rule, "from" | "when">, person: Person): boolean {
  if (when?.emailVerified !== undefined && when.emailVerified !== person.emailVerified) return false;
  if (when?.emailDomain !== undefined && !when.emailDomain.includes(domainOf(person.email))) return false;
  switch (from.kind) {
    case "realmRole":
      return person.realmRoles.includes(from.name);
    case "clientRole":
      return person.clientRoles.includes(from.name);
    case "group":
      return person.groups.some((path) => path === from.path || (from.includeSubgroups && isBelow(path, from.path)));
  }
}

/** A slash in the name of a group is written `~/` in its path, so that a path is cut at the others only. */
export function isBelow(path: string, parent: string): boolean {
  return path.startsWith(`${parent}/`);
}

/** How a source is named to people, such as `they hold SOURCE`. */
export function describeSource(source: RoleSource): string {
  if (source.kind === "realmRole") return source.name;
  if (source.kind === "clientRole") return `client role ${source.name}`;
  return source.includeSubgroups ? `group ${source.path}` : `group ${source.path} itself`;
}

export function interestOf(organizations: readonly Pick<AccessRules, "rules">[]): Interest {
  const interest = { realmRoles: new Set<string>(), clientRoles: new Set<string>(), groups: new Set<string>() };
  for (const { from } of organizations.flatMap(({ rules }) => rules)) {
    if (from.kind === "realmRole") interest.realmRoles.add(from.name);
    else if (from.kind === "clientRole") interest.clientRoles.add(from.name);
    else interest.groups.add(from.path);
  }
  return interest;
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf("@") + 1);
}
