import { assertStorable, Breakdown, Refusal, scimError } from "../http/errors.ts";
import { empty, json, type Reply } from "../http/reply.ts";
import { type ApiRequest, member, parameter } from "../http/request.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import type { Database } from "../state/database.ts";
import type { Role, User } from "../state/model.ts";
import { requireEntitlement, requireMethod, requireOrganizationKey } from "./access.ts";
import { firstRole, scimBody } from "./scim-body.ts";
import { scimUser, shortUser, USER_SCHEMA } from "./scim-resource.ts";

const PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** Who acts on whom. */
interface Call {
  readonly request: ApiRequest;
  readonly database: Database;
  readonly organizationId: string;
  readonly user: User;
}

const METHODS: Readonly<Record<string, (call: Call) => Reply>> = {
  GET: read,
  PUT: replace,
  PATCH: patch,
  DELETE: (call) => {
    leave(call);
    return empty(204);
  },
};

export function scimUserRoute(instance: Instance): Route {
  return {
    path: "/api/public/scim/Users/{id}",
    handle: (request) => {
      requireMethod(request, Object.keys(METHODS), scimError, "Method not allowed");
      const organizationId = requireOrganizationKey(request, instance, scimError);
      requireEntitlement(instance, "admin-api", scimError);
      const database = instance.database();
      const id = parameter(request, "id");
      assertStorable(id);
      const user = database.users.find(id);
      if (!user) throw new Refusal(scimError(404, "User not found"));
      return (METHODS[request.method] ?? read)({ request, database, organizationId, user });
    },
  };
}

function read({ database, organizationId, user }: Call): Reply {
  const membership = database.organizationMemberships.find(organizationId, user.id);
  return membership ? json(200, scimUser(user)) : scimError(404, "User not found in organization");
}

/** Acts on a boolean `active` and ignores everything else, also roles it does not know. */
function replace(call: Call): Reply {
  const body = scimBody(call.request.body);
  requireSchema(body, USER_SCHEMA);
  const active = member(body, "active");
  if (active === true) {
    const role = firstRole(member(body, "roles"));
    join(call, role === "absent" || role === "invalid" ? undefined : role);
  }
  if (active === false) leave(call);
  return json(200, shortUser(call.user));
}

/** Runs the operations one by one without rollback; the final look at the user makes a removal answer 404. */
function patch(call: Call): Reply {
  const body = scimBody(call.request.body);
  requireSchema(body, PATCH_SCHEMA);
  const operations = member(body, "Operations");
  if (!Array.isArray(operations)) {
    const text = "Invalid request body. Must include 'Operations' array with at least one operation.";
    throw new Refusal(scimError(400, text));
  }
  for (const operation of operations) {
    if (operation === null) throw new Breakdown("an operation is null");
    const active = member(operation, "op") === "replace" ? member(member(operation, "value"), "active") : undefined;
    if (active === true) join(call, undefined);
    else if (active === false) leave(call);
    else throw new Refusal(scimError(400, UNSUPPORTED));
  }
  return read(call);
}

const UNSUPPORTED =
  "Unsupported operation or invalid value in request body. Only 'replace' with 'active' field is supported.";

function requireSchema(body: unknown, schema: string): void {
  const schemas = member(body, "schemas");
  if (Array.isArray(schemas) && schemas.includes(schema)) return;
  throw new Refusal(scimError(400, `Invalid request body. Must include 'schemas' with '${schema}'.`));
}

/** Without a role a member keeps the present one and everybody else joins as NONE. */
function join({ database, organizationId, user }: Call, role: Role | undefined): void {
  const current = database.organizationMemberships.find(organizationId, user.id)?.role;
  const wanted = role ?? current ?? "NONE";
  if (wanted === current) return;
  if (current === "OWNER") requireOtherOwner(database, organizationId);
  database.setOrganizationRole(organizationId, user.id, wanted);
}

function leave({ database, organizationId, user }: Call): void {
  const current = database.organizationMemberships.find(organizationId, user.id)?.role;
  if (current === "OWNER") requireOtherOwner(database, organizationId);
  database.leaveOrganization(organizationId, user.id);
}

function requireOtherOwner(database: Database, organizationId: string): void {
  const owners = database.organizationMemberships.of(organizationId).filter(({ role }) => role === "OWNER");
  if (owners.length > 1) return;
  const text = "Cannot remove the last owner of an organization. Assign new owner or delete organization.";
  throw new Refusal(scimError(403, text));
}
