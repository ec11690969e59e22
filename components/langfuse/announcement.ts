import { UNKNOWN } from "../dynamic/inputs.ts";
import type { ProjectRole } from "./project-roles.ts";

interface Holder {
  readonly organizationId: string;
  readonly email: string;
  readonly role: string;
  readonly projectRoles?: readonly ProjectRole[];
}

const said = new Set<string>();

/**
 * Says in one line what is going to change, as a person would, once in an operation. The engine shows what a provider
 * prints, in a preview and in an `up` alike.
 */
export function announce(line: string): void {
  if (said.has(line)) return;
  said.add(line);
  console.log(line);
}

/**
 * What changes for a person, one line for the organization and one for each project.
 *
 * @param titleOf what a person calls the organization or project of this id
 */
export function membershipChanges(before: Holder, after: Holder, titleOf: (id: string) => string): string[] {
  const lines = [];
  const { email, organizationId } = after;
  if (before.role !== after.role) lines.push(`${email}: ${before.role} → ${after.role} in ${titleOf(organizationId)}`);
  const former = rolesOf(before);
  const wanted = rolesOf(after);
  for (const projectId of new Set([...former.keys(), ...wanted.keys()])) {
    const [from, to] = [former.get(projectId), wanted.get(projectId)];
    if (from === to) continue;
    const inherited = "as in the organization";
    lines.push(`${email}: ${from ?? inherited} → ${to ?? inherited} in project ${titleOf(projectId)}`);
  }
  return lines;
}

/** What a preview does not know yet is a project that is being made, and announced by itself. */
export function knownRoles({ projectRoles = [] }: Pick<Holder, "projectRoles">): ProjectRole[] {
  return projectRoles.filter(({ projectId }) => projectId !== undefined && projectId !== UNKNOWN);
}

function rolesOf(holder: Holder): Map<string, string> {
  return new Map(knownRoles(holder).map(({ projectId, role }) => [projectId, role]));
}
