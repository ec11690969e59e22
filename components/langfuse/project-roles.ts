import { AccessError } from "#sync/errors.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { withExisting } from "./absence.ts";
import { titleOf } from "./connection.ts";
import type { MemberLists } from "./member-lists.ts";

/** A person's own role in one project, which there takes the place of the one in the organization, also downwards. */
export interface ProjectRole {
  readonly projectId: string;
  readonly role: Role;
}

/** By project, so that another order is no change. */
export function inOrder(roles: readonly ProjectRole[]): ProjectRole[] {
  return roles.toSorted((left, right) => (left.projectId < right.projectId ? -1 : 1));
}

type ProjectRolesClient = Pick<
  LangfuseClient,
  "listMemberships" | "listProjects" | "listProjectMemberships" | "putProjectMembership" | "deleteProjectMembership"
>;

/** The roles that a member of the organization really has in the declared projects; a missing one is left out. */
export async function readProjectRoles(
  email: string,
  declared: readonly ProjectRole[],
  client: ProjectRolesClient,
  lists: MemberLists,
): Promise<ProjectRole[]> {
  const roles: ProjectRole[] = [];
  for (const { projectId } of declared) {
    const row = await lists.inProject(client, projectId, email);
    if (row) roles.push({ projectId, role: row.role as Role });
  }
  return roles;
}

/**
 * Writes what differs, and takes away the roles that were declared before and no longer are.
 *
 * @param email of a member of the organization
 * @throws AccessError `incomplete` when the server reports another role than it accepted
 */
export async function writeProjectRoles(
  email: string,
  declared: readonly ProjectRole[],
  former: readonly ProjectRole[],
  client: ProjectRolesClient,
  lists: MemberLists,
): Promise<void> {
  for (const { projectId, role } of declared) {
    if ((await lists.inProject(client, projectId, email))?.role === role) continue;
    const person = await lists.inOrganization(client, email);
    if (!person) throw new AccessError("incomplete", `${email} left the organization meanwhile. Run the update again.`);
    const project = { id: projectId, what: `The project "${titleOf(projectId)}"`, list: () => client.listProjects() };
    const row = await withExisting(project, () => client.putProjectMembership(projectId, person.userId, role));
    await lists.written({ ...row, email }, projectId);
    if (row.role !== role) {
      throw new AccessError(
        "incomplete",
        `Langfuse accepted the role ${role} for ${email} in project ${projectId} but reports ${row.role}. Run the update again; if it repeats, look at the server's log.`,
      );
    }
  }
  const kept = new Set(declared.map(({ projectId }) => projectId));
  for (const { projectId } of former) {
    if (kept.has(projectId)) continue;
    const row = await lists.inProject(client, projectId, email);
    if (!row) continue;
    await client.deleteProjectMembership(projectId, row.userId);
    await lists.removed(row, projectId);
  }
}
