import { type Plan, sessionPlan } from "../plan.ts";
import type { Database } from "../state/database.ts";
import type { Membership, OrganizationMembership, Project, Role, User } from "../state/model.ts";

/** 30 days, in seconds. */
export const SESSION_LIFETIME = 30 * 24 * 60 * 60;

/** The project row if there is one, otherwise the organization role; the row also wins downwards. */
export function effectiveRole(organizationRole: Role, row: Membership | undefined): Role {
  return row?.role ?? organizationRole;
}

/** The session as the browser reads it, computed from the present state at every call. */
export function sessionJson(database: Database, plan: Plan, email: string, expires: Date) {
  const user = database.users.findByEmail(email);
  return {
    user: user ? sessionUser(database, plan, user) : null,
    expires: expires.toISOString(),
    environment: {
      enableExperimentalFeatures: false,
      inAppAgentEnabled: false,
      selfHostedInstancePlan: sessionPlan(plan).instance,
      v4WriteMode: "events_only",
    },
  };
}

export function sessionUser(database: Database, plan: Plan, user: User) {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    image: null,
    admin: false,
    hasPassword: false,
    canCreateOrganizations: true,
    organizations: sessionOrganizations(database, plan, user),
    featureFlags: { excludeClickhouseRead: false, templateFlag: false },
    v4BetaEnabled: true,
    canToggleV4: false,
  };
}

function sessionOrganizations(database: Database, plan: Plan, user: User) {
  return database.allOrganizations().flatMap((organization) => {
    const membership = database.organizationMemberships.find(organization.id, user.id);
    if (!membership) return [];
    return {
      id: organization.id,
      name: organization.name,
      role: membership.role,
      metadata: organization.metadata ?? {},
      plan: sessionPlan(plan).organization,
      aiFeaturesEnabled: false,
      aiTelemetryEnabled: true,
      projects: sessionProjects(database, membership),
    };
  });
}

/** A project whose effective role is NONE is left out. */
function sessionProjects(database: Database, membership: OrganizationMembership) {
  return database.projects.liveOf(membership.organizationId).flatMap((project) => {
    const row = database.projectMemberships.find(project.id, membership.userId);
    const role = effectiveRole(membership.role, row);
    return role === "NONE" ? [] : sessionProject(project, role);
  });
}

function sessionProject(project: Project, role: Role) {
  return {
    id: project.id,
    name: project.name,
    role,
    retentionDays: project.retentionDays ?? 0,
    hasTraces: false,
    deletedAt: null,
    metadata: project.metadata ?? {},
    createdAt: project.createdAt,
  };
}
