import type { Person } from "../people/person.ts";
import { ceiledRole, entitlementOf } from "../roles/entitlement.ts";
import type { AccessRules } from "../roles/rule.ts";
import type { Change } from "./change.ts";
import { ceiledReason } from "./member-decision.ts";
import type { AccessState, Project } from "./state.ts";

/**
 * Members to be made of holders who are none yet, with their project roles. Whoever gets nothing but the default role, has
 * no address of their own, or is disabled, is left out.
 *
 * @param isKept whether an address is protected or ignored
 */
export function provisions(
  state: AccessState,
  rules: AccessRules,
  managed: readonly Project[],
  isKept: (email: string) => boolean,
): readonly Change[] {
  if (!rules.provision) return [];
  const taken = new Set(state.members.map(({ email }) => email));
  const known = new Set([...state.people.linked.values()].map(({ id }) => id));
  return state.holders.flatMap((person) => {
    const { email } = person;
    const isFree = email !== "" && !taken.has(email) && !known.has(person.id) && !isKept(email);
    if (!isFree || !person.enabled || state.people.byEmail.get(email)?.length !== 1) return [];
    return provision(person, rules, managed);
  });
}

function provision(person: Person, rules: AccessRules, managed: readonly Project[]): readonly Change[] {
  const entitlement = entitlementOf(person, rules);
  const { organization } = entitlement;
  if (organization.rule === undefined && entitlement.projects.size === 0) return [];
  const base = { email: person.email, userId: null, keycloakId: person.id } as const;
  const to = ceiledRole(organization.role, "NONE", person);
  const inProjects = managed.flatMap((project): Change[] => {
    const award = entitlement.projects.get(project.id);
    if (award === undefined) return [];
    const role = ceiledRole(award.role, "NONE", person);
    const at = { project: { id: project.id, name: project.name }, row: { from: null, to: role } };
    return [{ kind: "project-grant", ...base, from: "NONE", to: role, ...at, ...because(award, role) }];
  });
  if (to === "NONE" && inProjects.length === 0) return [];
  return [{ kind: "provision", ...base, from: "NONE", to, ...because(organization, to) }, ...inProjects];
}

function because(
  award: { readonly role: Change["to"]; readonly reason: string; readonly rule: number | undefined },
  given: Change["to"],
): Pick<Change, "reason" | "rule" | "withheld"> {
  const isLess = award.role !== given;
  return {
    reason: isLess ? ceiledReason(award.reason) : award.reason,
    ...(award.rule !== undefined && { rule: award.rule }),
    ...(isLess && { withheld: award.role }),
  };
}
