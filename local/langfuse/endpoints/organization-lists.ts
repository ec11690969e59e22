import { errorField } from "../http/errors.ts";
import { json } from "../http/reply.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import { requireEntitlement, requireMethod, requireOrganizationKey } from "./access.ts";
import { listedKey, listedProject } from "./listing.ts";

/** Projects and keys of the organization, unpaged. */
export function organizationListRoutes(instance: Instance): readonly Route[] {
  return [
    listRoute(instance, "projects", (organizationId) =>
      instance.database().projects.liveOf(organizationId).map(listedProject),
    ),
    listRoute(instance, "apiKeys", (organizationId) => instance.database().apiKeys.of(organizationId).map(listedKey)),
  ];
}

function listRoute(instance: Instance, name: string, list: (organizationId: string) => unknown[]): Route {
  return {
    path: `/api/public/organizations/${name}`,
    handle: (request) => {
      requireMethod(request, ["GET"], errorField, "Method not allowed");
      const organizationId = requireOrganizationKey(request, instance, errorField);
      requireEntitlement(instance, "admin-api");
      return json(200, { [name]: list(organizationId) });
    },
  };
}
