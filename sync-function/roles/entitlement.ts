import { isMightier, type Role } from "../langfuse/role.ts";
import type { Person } from "../people/person.ts";
import { type AccessRules, appliesTo, describeSource, type Rule } from "./rule.ts";

/** What a person should have for one target, and which rule says so. */
export interface Award {
  readonly role: Role;
  /** Position in the rules, from 0; undefined when the default decided. */
  readonly rule: number | undefined;
  /** Positions of the later rules that apply too and lost. */
  readonly overruled: readonly number[];
  /** For people, to be read after "because". */
  readonly reason: string;
}

/** What the rules give to a person. */
export interface Entitlement {
  readonly organization: Award;
  /** By the name or id of the project as the rules have it; projects that no rule gives are absent. */
  readonly projects: ReadonlyMap<string, Award>;
}

/** Highest role that somebody can rise to whose address Keycloak has not verified. */
export const UNVERIFIED_CEILING: Role = "MEMBER";

const DISABLED: Entitlement = {
  organization: { role: "NONE", rule: undefined, overruled: [], reason: "they are disabled in Keycloak" },
  projects: new Map(),
};

/**
 * By the rules, then by which of them apply. Ten thousand people differ in a handful of ways; one for each of them would
 * be a tenth of a run's memory.
 */
const known = new WeakMap<readonly Rule[], Map<string, Entitlement>>();

/** Evaluates the rules for a person; those who are disabled get nothing, whatever they hold. */
export function entitlementOf(
  person: Person,
  { rules, fallback }: Pick<AccessRules, "rules" | "fallback">,
): Entitlement {
  if (!person.enabled) return DISABLED;
  const applying = [...rules.entries()].filter(([, rule]) => appliesTo(rule, person));
  const key = `${fallback} ${applying.map(([position]) => position).join()}`;
  const ofRules = known.get(rules) ?? new Map<string, Entitlement>();
  const entitlement = ofRules.get(key) ?? entitlementBy(applying, fallback);
  known.set(rules, ofRules.set(key, entitlement));
  return entitlement;
}

function entitlementBy(applying: readonly (readonly [number, Rule])[], fallback: Role): Entitlement {
  const projects = new Set(applying.flatMap(([, rule]) => [...rule.projects.keys()]));
  return {
    organization: awardOf(applying, ({ organization }) => organization) ?? {
      role: fallback,
      rule: undefined,
      overruled: [],
      reason: "they hold no mapped role",
    },
    projects: new Map(
      [...projects].flatMap((project) => {
        const award = awardOf(applying, (rule) => rule.projects.get(project));
        return award === undefined ? [] : [[project, award] as const];
      }),
    ),
  };
}

/**
 * The role somebody may be raised to: an address that nobody has verified must not open the door to ADMIN or OWNER,
 * because it may be somebody else's. Who has such a role already is not touched by this.
 *
 * @param current role they have now
 */
export function ceiledRole(wanted: Role, current: Role, person: Pick<Person, "emailVerified">): Role {
  const rises = isMightier(wanted, current) && isMightier(wanted, UNVERIFIED_CEILING);
  if (person.emailVerified || !rises) return wanted;
  return isMightier(current, UNVERIFIED_CEILING) ? current : UNVERIFIED_CEILING;
}

function awardOf(
  applying: readonly (readonly [number, Rule])[],
  target: (rule: Rule) => Role | undefined,
): Award | undefined {
  const [winner, ...others] = applying.filter(([, rule]) => target(rule) !== undefined);
  if (winner === undefined) return undefined;
  const [position, rule] = winner;
  const role = target(rule);
  if (role === undefined) return undefined;
  const how = rule.from.kind === "group" ? "they are in" : "they hold";
  return {
    role,
    rule: position,
    overruled: others.map(([other]) => other),
    reason: `${how} ${describeSource(rule.from)}`,
  };
}
