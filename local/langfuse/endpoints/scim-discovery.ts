import { scimError } from "../http/errors.ts";
import { json } from "../http/reply.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import { requireMethod, requireOrganizationKey } from "./access.ts";
import { resourceTypes, schemas, serviceProviderConfig } from "./scim-documents.ts";

/** The three documents need a key but no licence. */
export function scimDiscoveryRoutes(instance: Instance): readonly Route[] {
  const documents = {
    ServiceProviderConfig: serviceProviderConfig,
    ResourceTypes: resourceTypes,
    Schemas: schemas,
  };
  return Object.entries(documents).map(([name, document]) => ({
    path: `/api/public/scim/${name}`,
    handle: (request) => {
      requireMethod(request, ["GET"], scimError, "Method not allowed");
      requireOrganizationKey(request, instance, scimError);
      return json(200, document);
    },
  }));
}
