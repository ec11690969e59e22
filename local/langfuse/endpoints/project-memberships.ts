import { errorField } from "../http/errors.ts";
import { json, type Reply } from "../http/reply.ts";
import { parameter } from "../http/request.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import type { Database } from "../state/database.ts";
import type { Project } from "../state/model.ts";
import { requireEntitlement, requireMethod, requireOrganizationKey } from "./access.ts";
import { leavingSchema, membershipBody, membershipSchema, refuseMembership } from "./membership-body.ts";
import { membershipList } from "./organization-memberships.ts";

export function projectMembershipsRoute(instance: Instance): Route {
  return {
    path: "/api/public/projects/{projectId}/memberships",
    handle: (request) => {
      requireMethod(request, ["GET", "PUT", "DELETE"], errorField, "Method not allowed");
      const organizationId = requireOrganizationKey(request, instance, errorField);
      requireEntitlement(instance, "rbac-project-roles");
      requireEntitlement(instance, "admin-api");
      const database = instance.database();
      const project = database.projects.findLive(parameter(request, "projectId"));
      if (project?.organizationId !== organizationId) {
        throw refuseMembership("Project not found or does not belong to this organization");
      }
      if (request.method === "PUT") return put(database, project, request.body);
      if (request.method === "DELETE") return remove(database, project, request.body);
      return json(200, { memberships: membershipList(database, database.projectMemberships.of(project.id)) });
    },
  };
}

/** NONE is stored as a row like any other role: it hides the project. */
function put(database: Database, project: Project, body: unknown): Reply {
  const { userId, role } = membershipBody(membershipSchema, body);
  if (!database.organizationMemberships.find(project.organizationId, userId)) {
    throw refuseMembership("User is not a member of this organization");
  }
  const membership = { projectId: project.id, userId, role };
  database.projectMemberships.put(membership);
  return json(200, membershipList(database, [membership])[0]);
}

function remove(database: Database, project: Project, body: unknown): Reply {
  const { userId } = membershipBody(leavingSchema, body);
  if (!database.projectMemberships.remove(project.id, userId)) throw refuseMembership("Project membership not found");
  return json(200, { message: "Project membership deleted successfully", userId });
}
