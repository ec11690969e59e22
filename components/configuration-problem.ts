import type { z } from "zod";
import { nearest, suggestion } from "#sync/nearest.ts";
import { settingsSchema } from "./schema.ts";

/** Says what is wrong with one key of the configuration and what to do, in a sentence for each wrong key. */
export function describeIssue(
  project: string,
  issue: z.core.$ZodIssue,
  settings: Readonly<Record<string, unknown>>,
): string[] {
  const path = `${project}:${issue.path.join(".")}`;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey(`${path}.${key}`, key, keysAt(issue.path)));
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    settings,
  );
  if (isPredicate(issue)) return [`${path}${typeof value === "string" ? ` ${shown(value)}` : ""} ${issue.message}`];
  return [`${path} is ${shown(value)}: ${remedy(issue, value)}`];
}

export function unknownKey(path: string, key: string, known: readonly string[]): string {
  const candidate = nearest(key, known);
  return `${path} is not a known key: ${candidate ? `did you mean "${candidate}"?` : `use one of ${known.join(", ")}`}`;
}

/** The sync's own schemas word all that follows the name of an option, such as `is no full path of a group; write …`. */
function isPredicate({ code, message }: z.core.$ZodIssue): boolean {
  return (code === "custom" || code === "invalid_format") && /^(is|has|must|names|gives) /.test(message);
}

/** Only what is short and cannot hold a secret by accident, as an object or an address with a password might. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null) return "empty";
  if (typeof value === "object") return "an object";
  if (value === "") return "an empty text";
  if (typeof value === "string" && URL.parse(value)?.password) return "an address with a password";
  return JSON.stringify(value);
}

function remedy(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    return `use one of ${allowed.join(", ")}${typeof value === "string" ? suggestion(value, allowed) : ""}`;
  }
  if (issue.code === "too_small" || issue.code === "too_big") return `use ${limit(issue)}`;
  if (issue.code !== "invalid_type") return issue.message;
  if (issue.expected === "object") return `use an object with ${keysAt(issue.path).join(", ")}`;
  return `use ${kinds[issue.expected] ?? `a ${issue.expected}`}`;
}

const kinds: Readonly<Record<string, string>> = {
  array: "a list",
  string: "a text",
  boolean: "true or false",
  int: "a whole number",
  record: "an object",
};

function limit(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [relation, count] = issue.code === "too_small" ? ["least", issue.minimum] : ["most", issue.maximum];
  if (issue.origin === "number" || issue.origin === "int") return `at ${relation} ${count}`;
  const unit = issue.origin === "string" ? "character" : "entry";
  const plural = unit === "entry" ? "entries" : "characters";
  return `at ${relation} ${count} ${Number(count) === 1 ? unit : plural}`;
}

/** Keys the schema knows at a path, looking through defaults, optionals and lists. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let at: unknown = settingsSchema;
  for (const key of path) {
    at = unwrap(at);
    at =
      typeof key === "number"
        ? (at as { element?: unknown }).element
        : (at as { shape?: Record<PropertyKey, unknown> }).shape?.[key];
  }
  return Object.keys((unwrap(at) as { shape?: object })?.shape ?? {});
}

function unwrap(schema: unknown): unknown {
  const inner = (schema as { def?: { innerType?: unknown } })?.def?.innerType;
  return inner === undefined ? schema : unwrap(inner);
}
