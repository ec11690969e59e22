import type { Person } from "../people/person.ts";
import { ceiledRole, entitlementOf } from "../roles/entitlement.ts";
import type { AccessRules } from "../roles/rule.ts";
import type { Change } from "./change.ts";
import { ceiledReason } from "./member-decision.ts";
import type { AccessState, Project } from "./state.ts";
import type { Untouched } from "./untouched.ts";

/** What is decided about people who are no members yet. */
export interface Provisions {
  readonly changes: readonly Change[];
  /** Whom the rules would give something if their address was theirs alone. */
  readonly untouched: readonly Untouched[];
}

/** What somebody has who is no member. */
const NO_MEMBER = "no member";

/**
 * Members to be made of holders who are none yet, with their project roles. Whoever gets nothing but the default role, has
 * no address, or is disabled, is left out. The holders are those of a list; what each of them holds is what was found by
 * their address, because that is what was asked again.
 *
 * @param isKept whether an address is protected or ignored
 */
export function provisions(
  state: AccessState,
  rules: AccessRules,
  managed: readonly Project[],
  isKept: (email: string) => boolean,
): Provisions {
  if (!rules.provision) return { changes: [], untouched: [] };
  const taken = new Set(state.members.map(({ email }) => email));
  const known = new Set([...state.people.linked.values()].map(({ id }) => id));
  const named = (email: string) => state.people.byEmail.get(email) ?? [];
  const wanted = state.holders
    .filter(({ id, email }) => email !== "" && !taken.has(email) && !known.has(id) && !isKept(email))
    .flatMap(({ id, email }) => named(email).filter((person) => person.id === id && person.enabled))
    .map((person) => ({ person, changes: provision(person, rules, managed) }))
    .filter(({ changes }) => changes.length > 0);
  const isShared = ({ email }: Person) => named(email).length > 1;
  const shared = new Set(wanted.flatMap(({ person }) => (isShared(person) ? [person.email] : [])));
  return {
    changes: wanted.flatMap(({ person, changes }) => (isShared(person) ? [] : changes)),
    untouched: [...shared].map((email) => ({
      kind: "ambiguous",
      email,
      userId: "",
      role: NO_MEMBER,
      reason: "their address belongs to several people",
    })),
  };
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
