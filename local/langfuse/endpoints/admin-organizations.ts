import { z } from "zod";
import { assertStorable, errorField, Refusal } from "../http/errors.ts";
import { json, type Reply } from "../http/reply.ts";
import { member, parameter } from "../http/request.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import type { Database } from "../state/database.ts";
import { newId } from "../state/identifier.ts";
import type { Organization } from "../state/model.ts";
import { requireAdmin, requireEntitlement, requireMethod } from "./access.ts";
import { listedProject } from "./listing.ts";
import { metadataValue, TAG } from "./project-body.ts";

const bodySchema = z.object({
  name: z
    .string()
    .refine((name) => !TAG.test(name), { message: "Text cannot contain HTML tags" })
    .min(3, "Must have at least 3 characters")
    .max(60, "Must have at most 60 characters"),
});

export function adminOrganizationRoutes(instance: Instance): readonly Route[] {
  return [
    {
      path: "/api/admin/organizations",
      handle: (request) => {
        requireMethod(request, ["GET", "POST"], errorField, "Method Not Allowed");
        requireAdmin(request, instance);
        requireEntitlement(instance, "admin-api");
        const database = instance.database();
        if (request.method === "POST") return create(database, request.body);
        const organizations = database.allOrganizations().map((each) => shownOrganization(database, each));
        return json(200, { organizations });
      },
    },
    {
      path: "/api/admin/organizations/{organizationId}",
      // The one endpoint that asks for credentials before it looks at the method.
      handle: (request) => {
        requireAdmin(request, instance);
        requireEntitlement(instance, "admin-api");
        requireMethod(request, ["GET", "PUT", "DELETE"], errorField, "Method Not Allowed");
        const database = instance.database();
        const id = parameter(request, "organizationId");
        if (request.method === "PUT") return update(database, id, request.body);
        if (request.method === "DELETE") return remove(database, id);
        return json(200, shownOrganization(database, requireOrganization(database, id)));
      },
    },
  ];
}

function create(database: Database, body: unknown): Reply {
  const { name, metadata } = organizationBody(body);
  const organization = { id: newId(), name, metadata: metadata ?? null, createdAt: database.now() };
  database.putOrganization(organization);
  return json(201, shownOrganization(database, organization));
}

/** Here the body comes first, then the organization. */
function update(database: Database, id: string, body: unknown): Reply {
  const { name, metadata } = organizationBody(body);
  const organization = requireOrganization(database, id);
  const updated = { ...organization, name, metadata: metadata === undefined ? organization.metadata : metadata };
  database.putOrganization(updated);
  return json(200, shownOrganization(database, updated));
}

function remove(database: Database, id: string): Reply {
  requireOrganization(database, id);
  if (database.projects.anyOf(id)) {
    return json(400, {
      error: "Cannot delete organization with existing projects",
      message: "Please delete or transfer all projects before deleting the organization.",
    });
  }
  database.removeOrganization(id);
  return json(200, { success: true });
}

/** Metadata need not be an object, and a text that parses is stored as the text it is. */
function organizationBody(body: unknown): { name: string; metadata: unknown } {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    throw new Refusal(json(400, { error: "Invalid request body", details: z.formatError(parsed.error) }));
  }
  const metadata = member(body, "metadata");
  if (metadata !== undefined) metadataValue(metadata);
  assertStorable([parsed.data.name, metadata]);
  return { name: parsed.data.name, metadata };
}

export function requireOrganization(database: Database, id: string): Organization {
  const organization = database.findOrganization(id);
  if (!organization) throw new Refusal(errorField(404, "Organization not found"));
  return organization;
}

function shownOrganization(database: Database, { id, name, metadata, createdAt }: Organization) {
  const projects = database.projects.liveOf(id).map(listedProject);
  return { id, name, createdAt, metadata: metadata ?? {}, projects };
}
