import { mapLimited } from "./concurrency.ts";
import { AccessError } from "./errors.ts";
import type { GuardLimits } from "./guard/limits.ts";
import type { LangfuseClient } from "./langfuse/client.ts";
import { type MemberReader, readMembers } from "./langfuse/members.ts";
import { looksAtProjects } from "./plan/managed-projects.ts";
import type { Member, Project } from "./plan/state.ts";
import { addressMatcher } from "./roles/pattern.ts";
import type { AccessRules } from "./roles/rule.ts";

/** What is read of Langfuse. */
export type OrganizationReader = MemberReader & Pick<LangfuseClient, "listProjects" | "listProjectMemberships">;

export interface Organization<Client extends OrganizationReader = LangfuseClient> {
  /** How people call it. */
  readonly name: string;
  /** Its `organization` is the id in Langfuse. */
  readonly rules: AccessRules;
  /** What still counts while a plan is applied. */
  readonly guards: Pick<GuardLimits, "minimumOwners">;
  readonly langfuse: Client;
}

/** What was read of an organization in Langfuse. */
export interface Roll<Client extends OrganizationReader = LangfuseClient> {
  readonly organization: Organization<Client>;
  readonly members: readonly Member[];
  /** The members who are compared with Keycloak. */
  readonly compared: readonly Member[];
  /** Sorted by id; none unless the rules look at them. */
  readonly projects: readonly Project[];
}

/** Organizations read at a time, and projects of each: more would only queue in Langfuse's database. */
const ORGANIZATIONS_AT_ONCE = 4;
const PROJECTS_AT_ONCE = 4;

/** @throws AccessError where two are the same one in Langfuse */
export async function readOrganizations<Client extends OrganizationReader>(
  organizations: readonly Organization<Client>[],
): Promise<readonly Roll<Client>[]> {
  const rolls = await mapLimited(organizations, ORGANIZATIONS_AT_ONCE, readOrganization);
  requireDifferent(rolls);
  return rolls;
}

/** The members of the organization, and its projects if the rules look at them. */
async function readOrganization<Client extends OrganizationReader>(
  organization: Organization<Client>,
): Promise<Roll<Client>> {
  const { langfuse, rules, name } = organization;
  const memberships = await readMembers(langfuse, `organization ${name}`);
  const members = memberships.map(
    ({ userId, email, role }): Member => ({ userId, email: email?.toLowerCase() ?? "", role }),
  );
  const projects = looksAtProjects(rules)
    ? await mapLimited(
        await langfuse.listProjects(),
        PROJECTS_AT_ONCE,
        async ({ id, name: title }): Promise<Project> => {
          const rows = await langfuse.listProjectMemberships(id);
          return { id, name: title, rows: new Map(rows.map(({ userId, role }) => [userId, role])) };
        },
      )
    : [];
  const [isIgnored, isProtected] = [addressMatcher(rules.ignore), addressMatcher(rules.protect)];
  // Members without an address can be nobody in Keycloak, and those left alone are not compared.
  const compared = members.filter(({ email }) => email !== "" && !isIgnored(email) && !isProtected(email));
  return { organization, members, compared, projects: projects.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/**
 * A key does not tell which organization it is of, but a project is in one only. Where two have one in common the rules
 * of both would decide about the same people, against each other. Costs no request; where no project is read, the doctor
 * finds it.
 */
function requireDifferent(rolls: readonly Pick<Roll<OrganizationReader>, "organization" | "projects">[]): void {
  const owners = new Map<string, string>();
  for (const { organization, projects } of rolls) {
    for (const { id, name } of projects) {
      const other = owners.get(id);
      owners.set(id, organization.name);
      if (other === undefined) continue;
      throw new AccessError(
        "incomplete",
        `Langfuse: project ${name} is in organization ${other} and in ${organization.name}, so that both keys open the same one; give each a key of its own organization`,
      );
    }
  }
}
