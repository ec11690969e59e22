import { isEntitled, type Plan } from "../plan.ts";
import type { Database } from "../state/database.ts";
import type { Role, User } from "../state/model.ts";
import type { LoginOptions } from "./options.ts";

/**
 * Lets somebody join the default organizations and projects at the first login. Existing memberships are kept. The
 * organization of a default project is joined with the project's role when it is not a default organization itself.
 */
export function joinDefaults(database: Database, plan: Plan, options: LoginOptions, user: User): void {
  const organizationIds = new Set(options.defaultOrganizationIds.filter((id) => database.findOrganization(id)));
  for (const id of organizationIds) joinOrganization(database, id, user, options.defaultOrganizationRole);
  for (const projectId of options.defaultProjectIds) {
    const project = database.projects.findLive(projectId);
    if (!project) continue;
    joinOrganization(database, project.organizationId, user, options.defaultProjectRole);
    if (!isEntitled(plan, "rbac-project-roles") || database.projectMemberships.find(projectId, user.id)) continue;
    database.projectMemberships.put({ projectId, userId: user.id, role: options.defaultProjectRole });
  }
}

function joinOrganization(database: Database, organizationId: string, user: User, role: Role): void {
  if (database.organizationMemberships.find(organizationId, user.id)) return;
  database.setOrganizationRole(organizationId, user.id, role);
}
