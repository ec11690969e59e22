import { isMightier, type Role } from "../langfuse/role.ts";
import { PRESETS } from "./preset.ts";
import { type AccessRules, describeSource, isBelow, type RoleSource, type Rule, type RuleConditions } from "./rule.ts";

/**
 * What is wrong with rules, as far as they alone tell.
 *
 * - `unreachable-rule`: earlier rules decide everything that it gives
 * - `duplicate-rule`: the same source and conditions as an earlier one
 * - `project-without-organization`: gives a project role to people who may not have the organization at all
 * - `project-above-organization`: gives more in a project than in the organization
 * - `case-difference`: two names that differ in upper and lower case only
 * - `preset-conflict`: written rules for a role of the preset
 * - `unproven-domain`: a condition on the domain of addresses that nobody has to have verified
 * - `no-rules`: everybody gets the default role
 * - `mighty-default`: everybody with a user in Keycloak becomes ADMIN or OWNER
 */
export const FINDING_CODES = [
  "unreachable-rule",
  "duplicate-rule",
  "project-without-organization",
  "project-above-organization",
  "case-difference",
  "preset-conflict",
  "unproven-domain",
  "no-rules",
  "mighty-default",
] as const;

export interface Finding {
  readonly code: (typeof FINDING_CODES)[number];
  /** An error is certainly not what was meant; a warning may be. */
  readonly severity: "error" | "warning";
  /** Id in Langfuse. */
  readonly organization: string;
  /** Position of the rule, from 0; absent when it is about all of them. */
  readonly rule?: number;
  /** For people: what, why, and what to do. */
  readonly message: string;
}

/** Everything that is wrong with the rules of some organizations, in their order. */
export function lint(organizations: readonly AccessRules[]): readonly Finding[] {
  return organizations.flatMap((organization) => [
    ...general(organization),
    ...organization.rules.flatMap((rule, position) => [
      ...shadowed(rule, position, organization),
      ...withoutOrganization(rule, position, organization),
      ...aboveOrganization(rule, position, organization),
      ...unprovenDomain(rule, position, organization),
    ]),
    ...caseDifferences(organization),
    ...presetConflicts(organization),
  ]);
}

function general({ organization, rules, fallback }: AccessRules): Finding[] {
  if (rules.length === 0) {
    const message = `there are no rules, so that everybody with a user in Keycloak gets ${fallback}; write rules, or name a preset`;
    return [{ code: "no-rules", severity: "error", organization, message }];
  }
  if (!isMightier(fallback, "MEMBER")) return [];
  const message = `default is ${fallback}, so that everybody with a user in Keycloak becomes ${fallback}; set it to VIEWER or NONE`;
  return [{ code: "mighty-default", severity: "warning", organization, message }];
}

function shadowed(rule: Rule, position: number, { organization, rules }: AccessRules): Finding[] {
  const name = `rule ${position} (${describeSource(rule.from)})`;
  const covering = [...rules.slice(0, position).entries()].filter(([, earlier]) => covers(earlier, rule));
  const same = covering.find(([, earlier]) => covers(rule, earlier));
  if (same !== undefined) {
    const message = `${name} asks for the same as rule ${same[0]}; put what both give into one`;
    return [{ code: "duplicate-rule", severity: "error", organization, rule: position, message }];
  }
  const decider = (given: (earlier: Rule) => Role | undefined) =>
    covering.find(([, earlier]) => given(earlier) !== undefined);
  const targets = [
    ...(rule.organization === undefined ? [] : [decider((earlier) => earlier.organization)]),
    ...[...rule.projects.keys()].map((project) => decider((earlier) => earlier.projects.get(project))),
  ];
  const [first] = targets;
  if (first === undefined || targets.includes(undefined)) return [];
  const message = `${name} never decides, because rule ${first[0]} (${describeSource(first[1].from)}) comes first for everybody it applies to; move it up, or drop it`;
  return [{ code: "unreachable-rule", severity: "error", organization, rule: position, message }];
}

/** Whether everybody to whom `rule` applies also fulfils `earlier`. */
function covers(earlier: Rule, rule: Rule): boolean {
  return coversSource(earlier.from, rule.from) && coversConditions(earlier.when, rule.when);
}

function coversSource(wide: RoleSource, narrow: RoleSource): boolean {
  if (wide.kind !== "group" || narrow.kind !== "group") {
    return wide.kind === narrow.kind && describeSource(wide) === describeSource(narrow);
  }
  if (wide.path === narrow.path) return wide.includeSubgroups || !narrow.includeSubgroups;
  return wide.includeSubgroups && isBelow(narrow.path, wide.path);
}

function coversConditions(wide: RuleConditions = {}, narrow: RuleConditions = {}): boolean {
  const verified = wide.emailVerified === undefined || wide.emailVerified === narrow.emailVerified;
  const { emailDomain } = wide;
  return (
    verified && (emailDomain === undefined || (narrow.emailDomain?.every((one) => emailDomain.includes(one)) ?? false))
  );
}

function withoutOrganization(
  { from, organization: given, projects }: Rule,
  position: number,
  { organization, fallback, rules }: AccessRules,
): Finding[] {
  if (projects.size === 0 || given !== undefined || fallback !== "NONE") return [];
  // Another rule may give the same people a role in the organization.
  if (rules.some((other) => other.organization !== undefined && coversSource(other.from, from))) return [];
  const message =
    `rule ${position} (${describeSource(from)}) gives roles in projects, but its people get NONE in the organization and see nothing else; ` +
    "add organization to it, or set default, unless that is meant";
  return [{ code: "project-without-organization", severity: "warning", organization, rule: position, message }];
}

function aboveOrganization(
  { from, organization: given, projects }: Rule,
  position: number,
  { organization }: AccessRules,
): Finding[] {
  // Without a role in the organization a project role is what the rule is for.
  if (given === undefined || given === "NONE") return [];
  const above = [...projects].find(([, role]) => isMightier(role, given));
  if (above === undefined) return [];
  const [project, role] = above;
  const message = `rule ${position} (${describeSource(from)}) gives ${role} in project ${project}, which is more than ${given} in the organization; give it in a rule of its own for those who need it, unless that is meant`;
  return [{ code: "project-above-organization", severity: "warning", organization, rule: position, message }];
}

/** Whoever may change their address can write any domain behind it. */
function unprovenDomain({ from, when }: Rule, position: number, { organization }: AccessRules): Finding[] {
  if (when?.emailDomain === undefined || when.emailVerified !== undefined) return [];
  const message = `rule ${position} (${describeSource(from)}) goes by the domain of addresses that nobody need have verified; add emailVerified: true, unless people cannot change theirs`;
  return [{ code: "unproven-domain", severity: "warning", organization, rule: position, message }];
}

function caseDifferences({ organization, rules }: AccessRules): Finding[] {
  const sources = rules.map(({ from }, position) => [`${from.kind} ${describeSource(from)}`, position] as const);
  const projects = rules.flatMap((rule, position) =>
    [...rule.projects.keys()].map((key) => [`project ${key}`, position] as const),
  );
  const seen = new Map<string, string>();
  return [...sources, ...projects].flatMap(([name, position]): Finding[] => {
    const other = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), name);
    if (other === undefined || other === name) return [];
    const message = `rule ${position} writes "${nameOf(name)}", another one "${nameOf(other)}"; names are told apart by upper and lower case, so one of them is likely wrong`;
    return [{ code: "case-difference", severity: "warning", organization, rule: position, message }];
  });
}

function nameOf(title: string): string {
  return title.slice(title.indexOf(" ") + 1);
}

function presetConflicts({ organization, rules }: AccessRules): Finding[] {
  return Object.entries(PRESETS).flatMap(([preset, given]) => {
    const own: readonly Rule[] = given;
    // The rules of a preset are taken over as they are.
    if (!own.every((rule) => rules.includes(rule))) return [];
    const names = own.map(({ from }) => describeSource(from));
    return rules.flatMap((rule, position): Finding[] => {
      if (own.includes(rule) || rule.from.kind !== "realmRole" || !names.includes(rule.from.name)) return [];
      const message = `rule ${position} is about "${rule.from.name}", which the preset ${preset} has too; drop the preset and write its other rules out, if that is meant`;
      return [{ code: "preset-conflict", severity: "warning", organization, rule: position, message }];
    });
  });
}
