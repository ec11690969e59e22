import type { Organization, OrganizationReader } from "../organization.ts";
import { looksAtProjects } from "../plan/managed-projects.ts";

/** One person as their session in Langfuse shows them at this moment. */
export interface Sighting {
  readonly userId: string;
  /** Lower case. */
  readonly email: string;
  /** Role in each organization that they are a member of, by its id. */
  readonly roles: ReadonlyMap<string, string>;
}

/** Whom nobody looks at: an organization without any members is taken for one that was not read. */
const SOMEBODY = { userId: "", email: null, role: "OWNER", name: null };

/**
 * The organizations as far as it takes to find out whether something has to change for this one person: where the session
 * says it all, nobody is asked for a list of everybody, however long it is. Where it does not, the organization stays as it is:
 * rules look at rows in projects, or an owner may be the last.
 */
export function asSighted(
  organizations: readonly Organization[],
  { userId, email, roles }: Sighting,
): readonly Organization<OrganizationReader>[] {
  return organizations.flatMap((organization): readonly Organization<OrganizationReader>[] => {
    const { name, rules, guards, langfuse } = organization;
    const role = roles.get(rules.organization);
    if (looksAtProjects(rules) || role === "OWNER") return [organization];
    // Only holders who are to become members are of any concern there.
    if (role === undefined && !rules.provision) return [];
    const memberships = role === undefined ? [SOMEBODY] : [{ userId, email, role, name: null }];
    const seen = { listMemberships: async () => memberships, countMembers: async () => memberships.length };
    return [{ name, rules, guards, langfuse: { ...langfuse, ...seen } }];
  });
}
