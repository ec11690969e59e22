import { errorField } from "../http/errors.ts";
import { json, type Reply } from "../http/reply.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import type { Database } from "../state/database.ts";
import type { Membership } from "../state/model.ts";
import { requireEntitlement, requireMethod, requireOrganizationKey } from "./access.ts";
import { leavingSchema, membershipBody, membershipSchema, refuseMembership } from "./membership-body.ts";

/** No last-owner guard here, neither for PUT nor for DELETE. */
export function organizationMembershipsRoute(instance: Instance): Route {
  return {
    path: "/api/public/organizations/memberships",
    handle: (request) => {
      requireMethod(request, ["GET", "PUT", "DELETE"], errorField, "Method not allowed");
      const organizationId = requireOrganizationKey(request, instance, errorField);
      requireEntitlement(instance, "admin-api");
      const database = instance.database();
      if (request.method === "PUT") return put(database, organizationId, request.body);
      if (request.method === "DELETE") return remove(database, organizationId, request.body);
      return json(200, { memberships: membershipList(database, database.organizationMemberships.of(organizationId)) });
    },
  };
}

/** Joins any user of the instance. */
function put(database: Database, organizationId: string, body: unknown): Reply {
  const { userId, role } = membershipBody(membershipSchema, body);
  if (!database.users.find(userId)) throw refuseMembership("User not found");
  const membership = database.setOrganizationRole(organizationId, userId, role);
  return json(200, membershipList(database, [membership])[0]);
}

/** Says the same for members, strangers and ids that nobody has. */
function remove(database: Database, organizationId: string, body: unknown): Reply {
  const { userId } = membershipBody(leavingSchema, body);
  database.leaveOrganization(organizationId, userId);
  return json(200, { message: "Membership deleted successfully", userId });
}

export function membershipList(database: Database, memberships: readonly Membership[]) {
  return memberships.map(({ userId, role }) => {
    const user = database.users.find(userId);
    return { userId, role, email: user?.email ?? null, name: user?.name ?? null };
  });
}
