import { adminApiKeyRoutes } from "./endpoints/admin-api-keys.ts";
import { adminOrganizationRoutes } from "./endpoints/admin-organizations.ts";
import { healthRoutes } from "./endpoints/health.ts";
import { organizationListRoutes } from "./endpoints/organization-lists.ts";
import { organizationMembershipsRoute } from "./endpoints/organization-memberships.ts";
import { projectApiKeyRoutes } from "./endpoints/project-api-keys.ts";
import { projectMembershipsRoute } from "./endpoints/project-memberships.ts";
import { projectRoutes } from "./endpoints/projects.ts";
import { scimDiscoveryRoutes } from "./endpoints/scim-discovery.ts";
import { scimUserRoute } from "./endpoints/scim-user.ts";
import { scimUsersRoute } from "./endpoints/scim-users.ts";
import { errorField, messageField, plainBreakdown, scimError } from "./http/errors.ts";
import { onBreakdown, type Route } from "./http/routing.ts";
import type { Instance } from "./instance.ts";

/** The whole API, each family with its answer to an error that it does not handle. */
export function apiRoutes(instance: Instance): readonly Route[] {
  return [
    ...healthRoutes,
    ...onBreakdown(scimError(500, "Internal server error"), [scimUsersRoute(instance)]),
    ...onBreakdown(plainBreakdown, [
      scimUserRoute(instance),
      ...scimDiscoveryRoutes(instance),
      organizationMembershipsRoute(instance),
      ...organizationListRoutes(instance),
      projectMembershipsRoute(instance),
    ]),
    ...onBreakdown(messageField(500, "Internal server error"), [
      ...projectRoutes(instance),
      ...projectApiKeyRoutes(instance),
    ]),
    ...onBreakdown(errorField(500, "Internal server error"), [
      ...adminOrganizationRoutes(instance),
      ...adminApiKeyRoutes(instance),
    ]),
  ];
}
