import { assertStorable, Breakdown, Refusal, scimError } from "../http/errors.ts";
import { json, type Reply } from "../http/reply.ts";
import { type ApiRequest, member } from "../http/request.ts";
import type { Route } from "../http/routing.ts";
import type { Instance } from "../instance.ts";
import type { Database } from "../state/database.ts";
import type { Role, User } from "../state/model.ts";
import { requireEntitlement, requireMethod, requireOrganizationKey } from "./access.ts";
import { firstRole, scimBody } from "./scim-body.ts";
import { filteredAddress, pageOf, parsePage } from "./scim-list.ts";
import { listedUser, scimUser } from "./scim-resource.ts";

export function scimUsersRoute(instance: Instance): Route {
  return {
    path: "/api/public/scim/Users",
    handle: (request) => {
      requireMethod(request, ["GET", "POST"], scimError, "Method not allowed");
      const organizationId = requireOrganizationKey(request, instance, scimError);
      requireEntitlement(instance, "admin-api", scimError);
      const database = instance.database();
      return request.method === "GET"
        ? list(request, database, organizationId)
        : create(request, database, organizationId);
    },
  };
}

function list(request: ApiRequest, database: Database, organizationId: string): Reply {
  const page = parsePage(request.query);
  const address = filteredAddress(request.query);
  assertStorable(address);
  if (page.startIndex < 1 || !Number.isSafeInteger(page.startIndex) || !Number.isSafeInteger(page.count)) {
    throw new Breakdown("the database refuses such an offset");
  }
  const userIds = address === undefined ? everybody(database, organizationId) : one(database, organizationId, address);
  const users = pageOf(userIds, page).flatMap((id) => database.users.find(id) ?? []);
  return json(200, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: userIds.length,
    startIndex: page.startIndex,
    itemsPerPage: users.length,
    Resources: users.map(listedUser),
  });
}

function everybody(database: Database, organizationId: string): string[] {
  return database.organizationMemberships.of(organizationId).map((membership) => membership.userId);
}

function one(database: Database, organizationId: string, address: string): string[] {
  const user = database.users.findByEmail(address);
  return user && database.organizationMemberships.find(organizationId, user.id) ? [user.id] : [];
}

function create(request: ApiRequest, database: Database, organizationId: string): Reply {
  const body = scimBody(request.body);
  const userName = member(body, "userName");
  if (!userName) throw new Refusal(scimError(400, "userName is required"));
  const role = requestedRole(member(body, "roles"));
  if (typeof userName !== "string") throw new Breakdown("userName is not a text");
  const email = userName.toLowerCase();
  assertStorable(email);
  const known = database.users.findByEmail(email);
  if (known && database.organizationMemberships.find(organizationId, known.id)) {
    throw new Refusal(scimError(409, "User with this userName already exists"));
  }
  // The name is checked even when an existing user keeps the old one.
  const name = requestedName(body);
  const user: User = known ?? database.addUser(email, name);
  database.setOrganizationRole(organizationId, user.id, role);
  return json(201, scimUser(user));
}

function requestedRole(roles: unknown): Role {
  const role = firstRole(roles);
  if (role === "absent") return "NONE";
  if (role !== "invalid") return role;
  const text = `Invalid roles provided: ${JSON.stringify(roles)}, must be one of OWNER, ADMIN, MEMBER, VIEWER, NONE`;
  throw new Refusal(scimError(400, text));
}

function requestedName(body: unknown): string | null {
  const name = member(member(body, "name"), "formatted") || member(body, "displayName");
  if (name === undefined || name === null) return null;
  if (typeof name !== "string") throw new Breakdown("the name is not a text");
  assertStorable(name);
  return name;
}
