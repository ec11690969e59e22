import { isRole, ROLES, type Role } from "../langfuse/role.ts";
import { suggestion } from "../nearest.ts";
import { PRESET_NAMES, PRESETS } from "./preset.ts";
import type { AccessRules, Rule } from "./rule.ts";

/** Which realm role gives which role in the organization, the first one that is held deciding. */
export type RoleMapping = Pick<AccessRules, "rules" | "fallback">;

/** Key whose role goes to people with a user in Keycloak and none of the mapped roles; absent, they get NONE. */
export const FALLBACK_KEY = "default";

/**
 * Reads a mapping such as `{"langfuse-admin":"ADMIN","langfuse-member":"MEMBER","default":"VIEWER"}`, whose order is its
 * precedence, or the name of a preset, such as `existing-roles`.
 *
 * @returns the mapping, or everything that is wrong with it
 */
export function parseRoleMapping(text: string): RoleMapping | { readonly problems: readonly string[] } {
  const preset = PRESET_NAMES.find((name) => name === text.trim());
  if (preset !== undefined) return { rules: PRESETS[preset], fallback: "NONE" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problems: [`is not JSON (${error instanceof Error ? error.message : error}); ${EXAMPLE}`] };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problems: [`is ${text.slice(0, 60)}, not a JSON object; ${EXAMPLE}`] };
  }
  const problems = repeatedKeys(text).map(
    (key) => `has the key "${key}" more than once, and only the last would count; keep one`,
  );
  const rules: Rule[] = [];
  let fallback: Role = "NONE";
  for (const [key, role] of Object.entries(value)) {
    if (isNumeric(key)) {
      problems.push(
        `has the key "${key}", and JSON moves numbers to the front, which changes the precedence; rename the role`,
      );
    } else if (key.trim() === "") {
      problems.push("has an empty key; name a realm role");
    } else if (!isRole(role)) {
      problems.push(
        `gives "${key}" the role ${JSON.stringify(role)}, which Langfuse does not have${suggestion(String(role), ROLES)}; use one of ${ROLES.join(", ")}`,
      );
    } else if (key === FALLBACK_KEY) fallback = role;
    else rules.push({ from: { kind: "realmRole", name: key }, organization: role, projects: new Map() });
  }
  if (problems.length === 0 && rules.length === 0) problems.push(`names no realm role; ${EXAMPLE}`);
  return problems.length > 0 ? { problems } : { rules, fallback };
}

const EXAMPLE = `write for example {"langfuse-admin":"ADMIN","${FALLBACK_KEY}":"VIEWER"}, or ${PRESET_NAMES.join(", ")}`;

/** `JSON.parse` keeps the last of several equal keys without a word; the object is flat, so its strings tell. */
function repeatedKeys(text: string): string[] {
  const keys = [...text.matchAll(/("(?:[^"\\]|\\.)*")\s*(:?)/g)]
    .filter(([, , colon]) => colon === ":")
    .map(([, key]) => String(JSON.parse(key ?? '""')));
  return [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
}

/** Keys like array indices come first in every JavaScript object, whatever the text says. */
function isNumeric(key: string): boolean {
  return /^(0|[1-9]\d*)$/.test(key) && Number(key) < 2 ** 32 - 1;
}
