import { AccessError } from "#sync/errors.ts";
import { describeIssue, unknownKey } from "./configuration-problem.ts";
import { managementContradictions, missingKey } from "./langfuse/management.ts";
import { type ServerContext, serverContradictions, serverWarnings } from "./langfuse/server-contradictions.ts";
import { proxyContradictions } from "./proxy-settings.ts";
import { requiredSecrets, type Secrets, type Settings, secretNames, settingsSchema } from "./schema.ts";
import { ruleFindings, syncContradictions } from "./sync-contradictions.ts";

export interface Configuration extends Settings {
  readonly secrets: Secrets;
  /** What works and still deserves a look, a sentence each. */
  readonly warnings: readonly string[];
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
  const secrets = Object.fromEntries(
    secretNames.flatMap((name) => (values[name] ? [[name, values[name]]] : [])),
  ) as Secrets;
  for (const name of requiredSecrets) {
    if (!secrets[name])
      problems.push(`${project}:${name} is missing: run \`pulumi config set --secret ${project}:${name}\``);
  }
  if ((settings.langfuse as { manage?: unknown } | undefined)?.manage !== false) {
    problems.push(...missingKey(secrets).map((problem) => `${project}:${problem}`));
  }
  const parsed = settingsSchema.safeParse(settings);
  if (!parsed.success)
    problems.push(...parsed.error.issues.flatMap((issue) => describeIssue(project, issue, settings)));
  else problems.push(...contradictions(project, parsed.data, secrets));
  if (problems.length > 0 || !parsed.success) {
    throw new AccessError(
      "usage",
      `The configuration of this stack is not usable:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    );
  }
  const ofServer = serverWarnings(parsed.data.langfuse.server, contextOf(parsed.data, secrets));
  const warnings = [...ofServer.map((warning) => `langfuse.server.${warning}`), ...ruleFindings(parsed.data).warnings];
  return {
    ...parsed.data,
    secrets,
    warnings: warnings.map((warning) => `${project}:${warning}`),
  };
}

/** What the settings of the Langfuse server have to agree with. */
function contextOf({ gate, keycloak, langfuse, sync }: Settings, secrets: Secrets): ServerContext {
  const { organization, adopt, manage, members } = langfuse;
  const names = new Set(Object.keys(secrets));
  return {
    gate,
    keycloak,
    organization,
    adopt,
    isManaged: manage,
    ...{ members: manage ? members.length : 0, provision: manage && (sync.provision ?? false), secrets: names },
  };
}

/** The engine hands objects, lists and booleans over as JSON, strings as they stand. */
function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Top-level flows that every realm has. */
const builtInFlows = ["browser", "registration", "clients"];

/** What the schema cannot say about one key alone. */
function contradictions(project: string, settings: Settings, secrets: Secrets): string[] {
  const problems: string[] = [];
  const { gate, keycloak, sync } = settings;
  if ([...builtInFlows, gate.flowToCopy].includes(gate.flow)) {
    problems.push(`${project}:gate.flow "${gate.flow}" is a flow that exists already: give the copy a name of its own`);
  }
  if (
    [keycloak.langfuseClient, ...(keycloak.admin.realm === keycloak.realm ? [keycloak.admin.clientId] : [])].includes(
      sync.clientId,
    )
  ) {
    problems.push(
      `${project}:sync.clientId "${sync.clientId}" is a client that exists already: give the sync one of its own`,
    );
  }
  const names = settings.roles.map((role) => role.name);
  for (const name of names.filter((candidate, index) => names.indexOf(candidate) !== index)) {
    problems.push(`${project}:roles names "${name}" twice: keep the entry that should win`);
  }
  if (names.includes(gate.role)) {
    problems.push(`${project}:gate.role "${gate.role}" is also one of roles: give the gate a role of its own`);
  }
  problems.push(...syncContradictions(settings, secrets).map((problem) => `${project}:${problem}`));
  problems.push(...proxyContradictions(settings).map((problem) => `${project}:${problem}`));
  const ofLangfuse = managementContradictions(settings.langfuse, secrets, settings.kubernetes.namespace);
  problems.push(...ofLangfuse.map((problem) => `${project}:${problem}`));
  problems.push(
    ...serverContradictions(settings.langfuse.server, contextOf(settings, secrets)).map(
      (problem) => `${project}:langfuse.server.${problem}`,
    ),
  );
  // What is wrong elsewhere often makes rules wrong as well.
  return problems.length > 0 ? problems : ruleFindings(settings).errors.map((problem) => `${project}:${problem}`);
}
