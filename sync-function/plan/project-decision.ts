import { isRole, type Role } from "../langfuse/role.ts";
import { ceiledRole } from "../roles/entitlement.ts";
import { type Change, projectChangeKind } from "./change.ts";
import { ceiledReason, type MemberDecision } from "./member-decision.ts";
import { compare } from "./order.ts";
import type { Project } from "./state.ts";
import type { Untouched } from "./untouched.ts";

/** What is decided about the rows of one member in the projects that the rules name. */
export interface ProjectDecisions {
  readonly changes: readonly Change[];
  readonly untouched: readonly Untouched[];
}

const NOTHING: ProjectDecisions = { changes: [], untouched: [] };

/**
 * Decides about project roles. The rules own every row in a project they name: who is given no role there loses the row,
 * so that the organization role counts. Rows in other projects are never touched.
 *
 * @param managed projects that the rules name
 * @param organizationRole role in the organization once all changes are made
 */
export function decideProjects(
  decision: MemberDecision,
  organizationRole: Role,
  managed: readonly Project[],
): ProjectDecisions {
  const { member, projects } = decision;
  if (projects === undefined || !isRole(member.role)) return NOTHING;
  const changes: Change[] = [];
  const untouched: Untouched[] = [];
  for (const project of managed) {
    const row = project.rows.get(member.userId) ?? null;
    const at = { id: project.id, name: project.name };
    const base = { email: member.email, userId: member.userId, project: at };
    if (row !== null && !isRole(row)) {
      const reason = `their role "${row}" there is not known to this version`;
      untouched.push({ kind: "unknown-role", ...base, role: row, reason });
      continue;
    }
    const award = projects.entitlement?.projects.get(project.id);
    const from = row ?? member.role;
    const given =
      award === undefined || projects.person === undefined ? null : ceiledRole(award.role, from, projects.person);
    const kind = projectChangeKind(row, given);
    if (kind === undefined) continue;
    const withheld = award !== undefined && given !== award.role ? award.role : undefined;
    const reason = award?.reason ?? withoutAward(projects);
    changes.push({
      kind,
      ...base,
      keycloakId: projects.person?.id ?? null,
      from,
      to: given ?? organizationRole,
      row: { from: row, to: given },
      reason: withheld === undefined ? reason : ceiledReason(reason),
      ...(award?.rule !== undefined && { rule: award.rule }),
      ...(withheld && { withheld }),
    });
  }
  return changes.length + untouched.length === 0 ? NOTHING : { changes, untouched };
}

function withoutAward({ person }: NonNullable<MemberDecision["projects"]>): string {
  if (person === undefined) return "they have no user in Keycloak";
  return person.enabled ? "no rule gives them a role there" : "they are disabled in Keycloak";
}

/** Roles that somebody has in projects, for what is lost or kept when the membership changes. */
export function rowsOf(userId: string, projects: readonly Project[]): NonNullable<Change["projectRoles"]> {
  return projects
    .flatMap(({ id, name, rows }) => {
      const role = rows.get(userId);
      return role === undefined ? [] : [{ project: { id, name }, role }];
    })
    .toSorted((left, right) => compare(left.project.id, right.project.id));
}
