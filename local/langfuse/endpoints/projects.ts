import { messageField, Refusal } from "../http/errors.ts";
import { json, type Reply } from "../http/reply.ts";
import { parameter } from "../http/request.ts";
import type { Handler, Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import type { Database } from "../state/database.ts";
import { newId } from "../state/identifier.ts";
import type { ApiKey, Project } from "../state/model.ts";
import { requireEntitlement, requireMethod, requireOrganizationKey, requireProjectKey } from "./access.ts";
import { projectBody } from "./project-body.ts";

export function projectRoutes(instance: Instance): readonly Route[] {
  return [
    { path: "/api/public/projects", handle: collection(instance) },
    { path: "/api/public/projects/{projectId}", handle: single(instance) },
  ];
}

/** GET wants a project key, POST an organization key. */
function collection(instance: Instance): Handler {
  return (request) => {
    requireMethod(request, ["GET", "POST"], messageField, "Method not allowed");
    if (request.method === "GET") {
      return ownProject(instance.database(), requireProjectKey(request, instance, messageField));
    }
    const organizationId = requireOrganizationKey(request, instance, messageField);
    requireEntitlement(instance, "admin-api");
    return create(instance.database(), organizationId, request.body);
  };
}

function single(instance: Instance): Handler {
  return (request) => {
    requireMethod(request, ["PUT", "DELETE"], messageField, "Method not allowed");
    const organizationId = requireOrganizationKey(request, instance, messageField);
    requireEntitlement(instance, "admin-api");
    const database = instance.database();
    const project = database.projects.findLive(parameter(request, "projectId"));
    if (project?.organizationId !== organizationId) throw projectNotFound();
    return request.method === "PUT" ? update(database, project, request.body) : remove(database, project);
  };
}

function ownProject(database: Database, key: ApiKey): Reply {
  const project = database.projects.findLive(key.ownerId);
  const organization = project && database.findOrganization(project.organizationId);
  if (!project || !organization) return json(200, { data: [] });
  const { id, name } = organization;
  return json(200, { data: [{ ...shownProject(project), organization: { id, name } }] });
}

function create(database: Database, organizationId: string, body: unknown): Reply {
  const { name, metadata, retentionDays } = projectBody(body);
  if (database.projects.liveOf(organizationId).some((project) => project.name === name)) {
    return messageField(409, "A project with this name already exists in your organization");
  }
  const now = database.now();
  const project: Project = {
    id: newId(),
    organizationId,
    name,
    metadata: metadata ?? null,
    retentionDays: retentionDays ?? null,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
  database.projects.put(project);
  return json(201, shownProject(project));
}

/** Absent fields are kept; the new name is not compared with those of other projects. */
function update(database: Database, project: Project, body: unknown): Reply {
  const { name, metadata, retentionDays } = projectBody(body);
  const updated: Project = {
    ...project,
    name,
    metadata: metadata ?? project.metadata,
    retentionDays: retentionDays === undefined ? project.retentionDays : retentionDays,
    updatedAt: database.now(),
  };
  database.projects.put(updated);
  return json(200, shownProject(updated));
}

/** Keys and names go at once, the row only when the background job is through. */
function remove(database: Database, project: Project): Reply {
  for (const key of database.apiKeys.of(project.id)) database.apiKeys.remove(key);
  database.projects.markDeleted(project);
  return json(202, {
    success: true,
    message: "Project deletion has been initiated and is being processed asynchronously",
  });
}

/** Retention appears only when it is set. */
function shownProject({ id, name, metadata, retentionDays }: Project) {
  return { id, name, metadata: metadata ?? {}, ...(retentionDays ? { retentionDays } : {}) };
}

export function projectNotFound(): Refusal {
  return new Refusal(messageField(404, "Project not found or you don't have access to it"));
}
