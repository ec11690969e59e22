import { readFileSync } from "node:fs";
import path from "node:path";
import type * as z from "zod";
import type { SyncDocument } from "./configuration/document.ts";
import { parseDocument } from "./configuration/document-text.ts";
import { type Environment, type ReadFile, readSecret, readVariable } from "./configuration/environment.ts";
import { DEFAULT_GRACE_DAYS, type OrganizationConfiguration, organizationsOf } from "./configuration/organizations.ts";
import { forOne, forSeveral, type LOG_LEVELS } from "./configuration/variable-schema.ts";
import { AccessError } from "./errors.ts";
import { limitsOf } from "./guard/limits.ts";
import { VARIABLES, type VariableName } from "./variables.ts";

export type { Environment, OrganizationConfiguration };

export interface Configuration {
  readonly keycloak: {
    readonly url: string;
    readonly realm: string;
    readonly clientId: string;
    readonly clientSecret: string;
    /** Whether client roles are read, which needs one right and about fifty requests more. */
    readonly clientRoles: boolean;
  };
  /** At least one; all of them, whatever shard this is. */
  readonly organizations: readonly OrganizationConfiguration[];
  /** Which of the organizations this process looks after. */
  readonly shard: { readonly index: number; readonly of: number };
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Every variable as it was given, files already read: some of them are secrets. */
  readonly values: Readonly<Partial<Record<VariableName, string>>>;
}

/**
 * Reads the whole configuration at once: from the environment alone for one organization, or with the document that
 * `SYNC_CONFIG` names.
 *
 * @param readFile for tests
 * @throws AccessError `usage` with one line for every problem
 */
export function readConfiguration(
  environment: Environment,
  readFile: ReadFile = (file) => readFileSync(file, "utf8"),
): Configuration {
  const problems: string[] = [];
  const values: Partial<Record<VariableName, string>> = {};
  const unreadable = new Set<string>();
  for (const name of Object.keys(VARIABLES) as VariableName[]) {
    const reading = readVariable(name, environment, readFile);
    if ("value" in reading) {
      if (reading.value !== undefined) values[name] = reading.value;
    } else {
      problems.push(reading.problem);
      unreadable.add(name);
    }
  }
  const document = readDocument(values, environment, readFile, problems);
  const parsed = values.SYNC_CONFIG === undefined ? forOne.safeParse(values) : forSeveral.safeParse(values);
  for (const name of Object.keys(VARIABLES) as VariableName[]) {
    const issues = parsed.error?.issues.filter(({ path: [at] }) => at === name && !unreadable.has(name)) ?? [];
    problems.push(...issues.map(({ message }) => `${name} ${message}${missingAdvice(name, values)}`));
  }
  const data = parsed.data;
  const shard = shardOf(data, problems);
  const organizations =
    data === undefined ? [] : organizationsIn(data, document, { environment, readFile, values }, problems);
  if (data === undefined || problems.length > 0) throw new AccessError("usage", problems.join("\n"));
  const namesClientRole = organizations.some(({ rules }) => rules.rules.some(({ from }) => from.kind === "clientRole"));
  return {
    keycloak: {
      url: data.KEYCLOAK_URL,
      realm: data.KEYCLOAK_REALM,
      clientId: data.KEYCLOAK_CLIENT_ID,
      clientSecret: data.KEYCLOAK_CLIENT_SECRET,
      clientRoles:
        document?.keycloak?.clientRoles ??
        (data.KEYCLOAK_CLIENT_ROLES === undefined ? namesClientRole : data.KEYCLOAK_CLIENT_ROLES === "true"),
    },
    organizations,
    shard,
    logLevel: data.LOG_LEVEL,
    values,
  };
}

type Values = Partial<Record<VariableName, string>>;

/** Reads the document and puts what it says about Keycloak into `values`, as if it had been in the environment. */
function readDocument(
  values: Values,
  environment: Environment,
  readFile: ReadFile,
  problems: string[],
): SyncDocument | undefined {
  const file = values.SYNC_CONFIG;
  if (file === undefined) return undefined;
  for (const name of ["LANGFUSE_ORG_ID", "ROLE_MAPPING"] as const) {
    if (values[name] === undefined) continue;
    problems.push(`${name} is set beside SYNC_CONFIG, which says that for every organization; keep one of them`);
  }
  const reading = readSecret("SYNC_CONFIG", file, readFile);
  if ("problem" in reading) {
    problems.push(reading.problem);
    return undefined;
  }
  const parsed = parseDocument(reading.value ?? "");
  if ("problems" in parsed) {
    problems.push(...parsed.problems.map((problem) => `SYNC_CONFIG "${file}": ${problem}`));
    return undefined;
  }
  const { url, realm, clientId, clientSecretFile } = parsed.keycloak ?? {};
  const secretFile = clientSecretFile && path.resolve(path.dirname(file), clientSecretFile);
  const secret = secretFile && readSecret("keycloak.clientSecretFile", secretFile, readFile);
  if (secret && "problem" in secret) problems.push(`SYNC_CONFIG "${file}": ${secret.problem}`);
  const given = {
    KEYCLOAK_URL: url,
    KEYCLOAK_REALM: realm,
    KEYCLOAK_CLIENT_ID: clientId,
    KEYCLOAK_CLIENT_SECRET: secret && "value" in secret ? secret.value : undefined,
  } satisfies Values | Record<string, string | undefined>;
  for (const [name, value] of Object.entries(given) as [VariableName, string | undefined][]) {
    if (value === undefined) continue;
    if (environment[name] || environment[`${name}_FILE`]) {
      problems.push(`${name} is set and SYNC_CONFIG "${file}" has it too; keep one of them`);
    }
    values[name] = value;
  }
  return parsed;
}

function organizationsIn(
  data: z.output<typeof forOne> | z.output<typeof forSeveral>,
  document: SyncDocument | undefined,
  from: { environment: Environment; readFile: ReadFile; values: Values },
  problems: string[],
): readonly OrganizationConfiguration[] {
  const protect = data.PROTECTED_MEMBERS;
  if ("ROLE_MAPPING" in data) {
    return [
      {
        name: data.LANGFUSE_ORG_ID,
        langfuse: {
          url: data.LANGFUSE_URL,
          publicKey: data.LANGFUSE_PUBLIC_KEY,
          secretKey: data.LANGFUSE_SECRET_KEY,
        },
        rules: {
          organization: data.LANGFUSE_ORG_ID,
          ...data.ROLE_MAPPING,
          protect,
          ignore: [],
          unmatched: "keep",
          unmatchedScope: "all",
          graceDays: DEFAULT_GRACE_DAYS,
          provision: false,
        },
        guards: limitsOf(data.GUARD_LIMITS),
      },
    ];
  }
  if (document === undefined) return [];
  const { SYNC_CONFIG: file = "" } = from.values;
  const found: string[] = [];
  const sources = {
    ...from,
    folder: path.dirname(file),
    langfuseUrl: data.LANGFUSE_URL,
    protect,
    guards: data.GUARD_LIMITS,
  };
  const organizations = organizationsOf(document, sources, found);
  problems.push(...found.map((problem) => `SYNC_CONFIG "${file}": ${problem}`));
  return organizations;
}

function shardOf(
  data: { readonly SHARDS: string; readonly JOB_COMPLETION_INDEX: string } | undefined,
  problems: string[],
): Configuration["shard"] {
  const [index, of] = [Number(data?.JOB_COMPLETION_INDEX ?? 0), Number(data?.SHARDS ?? 1)];
  if (of < 1) problems.push("SHARDS is 0; write 1 or more");
  else if (index >= of) {
    problems.push(`JOB_COMPLETION_INDEX is ${index}, but SHARDS is ${of}; set SHARDS to the completions of the Job`);
  }
  return { index, of };
}

function missingAdvice(name: VariableName, values: Values): string {
  return values[name] === undefined ? `; set it to ${VARIABLES[name]}, or ${name}_FILE to a file that holds it` : "";
}
