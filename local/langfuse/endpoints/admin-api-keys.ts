import { z } from "zod";
import { assertStorable, errorField } from "../http/errors.ts";
import { json, type Reply } from "../http/reply.ts";
import { type ApiRequest, parameter } from "../http/request.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import type { Database } from "../state/database.ts";
import { newKeyPair } from "../state/identifier.ts";
import type { Organization } from "../state/model.ts";
import { requireAdmin, requireEntitlement, requireMethod } from "./access.ts";
import { requireOrganization } from "./admin-organizations.ts";
import { createdKey, listedKey } from "./listing.ts";

const bodySchema = z.object({ note: z.string().optional() });

/** Organization keys; unlike project keys their pairs cannot be chosen. */
export function adminApiKeyRoutes(instance: Instance): readonly Route[] {
  return [
    {
      path: "/api/admin/organizations/{organizationId}/apiKeys",
      handle: (request) => {
        const organization = addressed(request, instance, ["GET", "POST"]);
        const database = instance.database();
        if (request.method === "POST") return create(database, organization, request.body);
        return json(200, { apiKeys: database.apiKeys.of(organization.id).map(listedKey) });
      },
    },
    {
      path: "/api/admin/organizations/{organizationId}/apiKeys/{keyId}",
      handle: (request) => {
        const organization = addressed(request, instance, ["DELETE"]);
        const database = instance.database();
        const key = database.apiKeys.find(parameter(request, "keyId"));
        if (key?.ownerId !== organization.id) return errorField(404, "API key not found");
        database.apiKeys.remove(key);
        return json(200, { success: true });
      },
    },
  ];
}

function addressed(request: ApiRequest, instance: Instance, methods: readonly string[]): Organization {
  requireMethod(request, methods, errorField, "Method Not Allowed");
  requireAdmin(request, instance);
  requireEntitlement(instance, "admin-api");
  return requireOrganization(instance.database(), parameter(request, "organizationId"));
}

function create(database: Database, organization: Organization, body: unknown): Reply {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return json(400, { error: "Invalid request body", details: z.formatError(parsed.error) });
  const pair = newKeyPair();
  const note = parsed.data.note ?? null;
  assertStorable(note);
  const key = database.addApiKey({ scope: "organization", ownerId: organization.id }, note, pair);
  return json(201, createdKey(key, pair.secretKey));
}
