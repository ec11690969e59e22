import type { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { nearest } from "#sync/nearest.ts";
import { type SecretName, type Settings, secretNames, settingsSchema } from "./schema.ts";

export interface Configuration extends Settings {
  /** Plain values: callers wrap them in `pulumi.secret` before they go anywhere near a resource. */
  readonly secrets: Readonly<Record<SecretName, string>>;
}

/** Top-level keys, for hints and for the documentation test. */
export const settingNames = Object.keys(settingsSchema.shape) as (keyof Settings)[];

/**
 * Parses the stack's configuration once. `values` are the project's own keys as the engine hands them over: plain
 * strings, objects as JSON. Throws one error that lists every problem, each with its key and what to do.
 */
export function parseConfiguration(project: string, values: Readonly<Record<string, string>>): Configuration {
  const problems: string[] = [];
  const known = [...settingNames, ...secretNames];
  const settings: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(values)) {
    if (secretNames.some((name) => name === key)) continue;
    if (!settingNames.some((name) => name === key)) problems.push(unknownKey(`${project}:${key}`, key, known));
    else settings[key] = decode(text);
  }
  for (const name of secretNames) {
    if (!values[name])
      problems.push(`${project}:${name} is missing: run \`pulumi config set --secret ${project}:${name}\``);
  }
  const parsed = settingsSchema.safeParse(settings);
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => describe(project, issue, settings)));
  else problems.push(...contradictions(project, parsed.data));
  if (problems.length > 0 || !parsed.success) {
    throw new AccessError(
      "usage",
      `The configuration of this stack is not usable:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    );
  }
  const secrets = Object.fromEntries(secretNames.map((name) => [name, values[name] ?? ""])) as Record<
    SecretName,
    string
  >;
  return { ...parsed.data, secrets };
}

/** The engine hands objects, lists and booleans over as JSON, strings as they stand. */
function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the schema cannot say about one key alone. */
function contradictions(project: string, settings: Settings): string[] {
  const problems: string[] = [];
  const names = settings.roles.map((role) => role.name);
  for (const name of names.filter((candidate, index) => names.indexOf(candidate) !== index)) {
    problems.push(`${project}:roles names "${name}" twice: keep the entry that should win`);
  }
  if (names.includes(settings.gate.role)) {
    problems.push(`${project}:gate.role "${settings.gate.role}" is also one of roles: give the gate a role of its own`);
  }
  if (names.includes("default")) problems.push(`${project}:roles must not contain "default": use sync.defaultRole`);
  const emails = settings.langfuse.members.map((member) => member.email);
  for (const email of emails.filter((candidate, index) => emails.indexOf(candidate) !== index)) {
    problems.push(`${project}:langfuse.members names "${email}" twice: keep one role`);
  }
  return problems;
}

function describe(project: string, issue: z.core.$ZodIssue, settings: Record<string, unknown>): string[] {
  const path = [project, issue.path.join(".")].join(":");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey(`${path}.${key}`, key, keysAt(issue.path)));
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    settings,
  );
  if (value === undefined) return [`${path} is missing: ${issue.message}`];
  return [`${path} is ${JSON.stringify(value)}: ${issue.message}`];
}

function unknownKey(path: string, key: string, known: readonly string[]): string {
  const suggestion = nearest(key, known);
  return `${path} is not a known key${suggestion ? `: did you mean "${suggestion}"?` : `: known are ${known.join(", ")}`}`;
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
