import { z } from "zod";
import { assertStorable, messageField, Refusal } from "../http/errors.ts";
import { json, type Reply } from "../http/reply.ts";
import { type ApiRequest, parameter } from "../http/request.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import type { Database } from "../state/database.ts";
import { type KeyPair, newKeyPair } from "../state/identifier.ts";
import type { Project } from "../state/model.ts";
import { requireEntitlement, requireMethod, requireOrganizationKey } from "./access.ts";
import { createdKey, listedKey } from "./listing.ts";
import { projectNotFound } from "./projects.ts";

const bodySchema = z.object({
  note: z.string().optional(),
  publicKey: z.string().optional(),
  secretKey: z.string().optional(),
});

export function projectApiKeyRoutes(instance: Instance): readonly Route[] {
  return [
    {
      path: "/api/public/projects/{projectId}/apiKeys",
      handle: (request) => {
        const project = requireProject(request, instance, ["GET", "POST"]);
        const database = instance.database();
        if (request.method === "POST") return create(database, project, request.body);
        return json(200, { apiKeys: database.apiKeys.of(project.id).map(listedKey) });
      },
    },
    {
      path: "/api/public/projects/{projectId}/apiKeys/{keyId}",
      handle: (request) => {
        const project = requireProject(request, instance, ["DELETE"]);
        const database = instance.database();
        const key = database.apiKeys.find(parameter(request, "keyId"));
        if (key?.ownerId !== project.id) return messageField(404, "API key not found");
        database.apiKeys.remove(key);
        return json(200, { success: true });
      },
    },
  ];
}

/** A project that is being deleted in the background still has its (empty) list of keys. */
function requireProject(request: ApiRequest, instance: Instance, methods: readonly string[]): Project {
  requireMethod(request, methods, messageField, "Method Not Allowed");
  const organizationId = requireOrganizationKey(request, instance, messageField);
  requireEntitlement(instance, "admin-api");
  const project = instance.database().projects.find(parameter(request, "projectId"));
  if (project?.organizationId !== organizationId) throw projectNotFound();
  return project;
}

function create(database: Database, project: Project, body: unknown): Reply {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    return json(400, { message: "Invalid request body", details: z.formatError(parsed.error) });
  }
  const pair = predefinedPair(parsed.data.publicKey, parsed.data.secretKey) ?? newKeyPair();
  const note = parsed.data.note ?? null;
  assertStorable([note, pair.publicKey]);
  if (database.apiKeys.findByPublicKey(pair.publicKey) || database.apiKeys.findBySecret(pair.secretKey)) {
    return messageField(409, "API key with the provided publicKey or secretKey already exists");
  }
  const key = database.addApiKey({ scope: "project", ownerId: project.id }, note, pair);
  return json(201, createdKey(key, pair.secretKey));
}

/** Both halves with their prefixes, or neither; empty texts count as not given. */
function predefinedPair(publicKey: string | undefined, secretKey: string | undefined): KeyPair | undefined {
  if (!publicKey && !secretKey) return undefined;
  if (!publicKey || !secretKey) {
    throw refuse("Both publicKey and secretKey must be provided together when specifying predefined keys");
  }
  if (!publicKey.startsWith("pk-lf-")) throw refuse("publicKey must start with 'pk-lf-'");
  if (!secretKey.startsWith("sk-lf-")) throw refuse("secretKey must start with 'sk-lf-'");
  return { publicKey, secretKey };
}

function refuse(text: string): Refusal {
  return new Refusal(messageField(400, text));
}
