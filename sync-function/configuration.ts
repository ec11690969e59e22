import { readFileSync } from "node:fs";
import * as z from "zod";
import { AccessError, messageOf } from "./errors.ts";
import { suggestion } from "./nearest.ts";
import type { RoleMapping } from "./roles/mapping.ts";
import { parseRoleMapping } from "./roles/mapping-text.ts";
import { VARIABLES, type VariableName } from "./variables.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

export interface Configuration {
  readonly keycloak: {
    readonly url: string;
    readonly realm: string;
    readonly clientId: string;
    readonly clientSecret: string;
  };
  readonly langfuse: {
    readonly url: string;
    /** Id of the organization; the key decides which one is meant, this one is for people and plans. */
    readonly organization: string;
    readonly publicKey: string;
    readonly secretKey: string;
  };
  readonly mapping: RoleMapping;
  /** Lower-case addresses. */
  readonly protectedMembers: ReadonlySet<string>;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

export type Environment = Readonly<Record<string, string | undefined>>;

const text = z.string({ error: "is not set" });
/** The value is not repeated when it holds a password. */
const address = text.refine(isPlainAddress, {
  error: (issue) =>
    `is ${String(issue.input).includes("@") ? "an address with a user name" : `"${issue.input}"`}; write http:// or https://, a host and at most a path`,
});

const mapping = text.transform((value, context): RoleMapping => {
  const parsed = parseRoleMapping(value);
  if (!("problems" in parsed)) return parsed;
  for (const message of parsed.problems) context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const protectedMembers = z
  .string()
  .default("[]")
  .transform((value, context): ReadonlySet<string> => {
    const parsed = z.array(z.string().regex(/^\S+@\S+$/)).safeParse(parseJson(value));
    if (parsed.success) return new Set(parsed.data.map((email) => email.toLowerCase()));
    context.addIssue({
      code: "custom",
      message: `is ${value.slice(0, 120)}; write a JSON array of e-mail addresses, such as ["owner@example.com"]`,
    });
    return z.NEVER;
  });

const logLevel = z.enum(LOG_LEVELS, {
  error: ({ input }) => `is "${input}"${suggestion(String(input), LOG_LEVELS)}; use one of ${LOG_LEVELS.join(", ")}`,
});

const schema = z.object({
  KEYCLOAK_URL: address,
  KEYCLOAK_REALM: text,
  KEYCLOAK_CLIENT_ID: text,
  KEYCLOAK_CLIENT_SECRET: text,
  LANGFUSE_URL: address,
  LANGFUSE_ORG_ID: text,
  LANGFUSE_PUBLIC_KEY: text,
  LANGFUSE_SECRET_KEY: text,
  ROLE_MAPPING: mapping,
  PROTECTED_MEMBERS: protectedMembers,
  LOG_LEVEL: logLevel.default("info"),
} satisfies Record<VariableName, z.ZodType>);

/**
 * Reads the whole configuration at once. Each variable may come as `NAME_FILE` instead, which names a file that holds
 * the value.
 *
 * @param readFile throws when the file cannot be read; for tests
 * @throws AccessError `usage` with one line for every problem
 */
export function readConfiguration(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): Configuration {
  const problems: string[] = [];
  const values: Record<string, string | undefined> = {};
  const unreadable = new Set<string>();
  for (const name of Object.keys(VARIABLES)) {
    const problem = readVariable(name, environment, readFile, values);
    if (problem === undefined) continue;
    problems.push(problem);
    unreadable.add(name);
  }
  const parsed = schema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!unreadable.has(name)) problems.push(`${name} ${issue.message}${missingAdvice(name, values)}`);
  }
  if (!parsed.success || problems.length > 0) throw new AccessError("usage", problems.join("\n"));
  const data = parsed.data;
  return {
    keycloak: {
      url: data.KEYCLOAK_URL,
      realm: data.KEYCLOAK_REALM,
      clientId: data.KEYCLOAK_CLIENT_ID,
      clientSecret: data.KEYCLOAK_CLIENT_SECRET,
    },
    langfuse: {
      url: data.LANGFUSE_URL,
      organization: data.LANGFUSE_ORG_ID,
      publicKey: data.LANGFUSE_PUBLIC_KEY,
      secretKey: data.LANGFUSE_SECRET_KEY,
    },
    mapping: data.ROLE_MAPPING,
    protectedMembers: data.PROTECTED_MEMBERS,
    logLevel: data.LOG_LEVEL,
  };
}

/** Puts the value of one variable into `values`; an empty one counts as not set. Returns what is wrong, if anything. */
function readVariable(
  name: string,
  environment: Environment,
  readFile: (path: string) => string,
  values: Record<string, string | undefined>,
): string | undefined {
  const value = environment[name] || undefined;
  const file = environment[`${name}_FILE`] || undefined;
  values[name] = value;
  if (file === undefined) return undefined;
  if (value !== undefined) return `${name} and ${name}_FILE are both set; keep one of them`;
  try {
    // Editors and `echo` end a file with a line break, which is not part of a secret.
    values[name] = readFile(file).replace(/[\r\n]+$/, "") || undefined;
  } catch (error) {
    return `${name}_FILE is "${file}", which cannot be read (${messageOf(error)}); mount it, or correct the path`;
  }
  return values[name] === undefined ? `${name}_FILE is "${file}", which is empty; put the value into it` : undefined;
}

function missingAdvice(name: string, values: Readonly<Record<string, string | undefined>>): string {
  const meaning = VARIABLES[name as VariableName];
  return values[name] === undefined ? `; set it to ${meaning}, or ${name}_FILE to a file that holds it` : "";
}

function isPlainAddress(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
