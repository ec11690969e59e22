import { AccessError } from "../errors.ts";
import type { Role } from "../langfuse/role.ts";
import { suggestion } from "../nearest.ts";
import type { AccessRules } from "../roles/rule.ts";
import type { Project } from "./state.ts";

/** Rules whose projects are named by id, and the projects that are named. */
export interface ProjectRules {
  readonly rules: AccessRules;
  /** Sorted as the state has them. */
  readonly managed: readonly Project[];
}

export function namesProjects({ rules }: Pick<AccessRules, "rules">): boolean {
  return rules.some(({ projects }) => projects.size > 0);
}

/** Whether project roles must be read: they are managed, or would be lost with a membership. */
export function looksAtProjects(rules: Pick<AccessRules, "rules" | "unmatched">): boolean {
  return namesProjects(rules) || rules.unmatched !== "keep";
}

/**
 * Finds the projects that the rules name, by id or else by name.
 *
 * @throws AccessError `incomplete` for a project that does not exist, or a name that several have
 */
export function resolveProjects(rules: AccessRules, projects: readonly Project[]): ProjectRules {
  const managed = new Set<Project>();
  const find = (key: string): Project => {
    const byId = projects.find(({ id }) => id === key);
    const [byName, namesake] = projects.filter(({ name }) => name === key);
    const found = byId ?? byName;
    if (found !== undefined && (byId !== undefined || namesake === undefined)) return found;
    const names = projects.map(({ name }) => name);
    throw new AccessError(
      "incomplete",
      found === undefined
        ? `Langfuse: organization ${rules.organization} has no project "${key}"${suggestion(key, names)}; create it, or correct the rules`
        : `Langfuse: organization ${rules.organization} has several projects "${key}"; name the one that is meant by its id`,
    );
  };
  const resolved = rules.rules.map((rule) => {
    const byId = new Map<string, Role>();
    for (const [key, role] of rule.projects) {
      const project = find(key);
      managed.add(project);
      if (!byId.has(project.id)) byId.set(project.id, role);
    }
    return { ...rule, projects: byId };
  });
  return { rules: { ...rules, rules: resolved }, managed: projects.filter((project) => managed.has(project)) };
}
