import path from "node:path";
import { type GuardLimits, type GuardSettings, limitsOf } from "../guard/limits.ts";
import { PRESETS } from "../roles/preset.ts";
import type { AccessRules, Rule } from "../roles/rule.ts";
import type { OrganizationDocument, RuleDocument, SyncDocument } from "./document.ts";
import { type Environment, type ReadFile, type Reading, readSecret, readVariable } from "./environment.ts";

export interface OrganizationConfiguration {
  /** How people call it; the id unless it was given. */
  readonly name: string;
  readonly langfuse: {
    /** Address of Langfuse without `/api`. */
    readonly url: string;
    readonly publicKey: string;
    readonly secretKey: string;
  };
  /** Its `organization` is the id in Langfuse. */
  readonly rules: AccessRules;
  /** What a run may do without approval. */
  readonly guards: GuardLimits;
}

/** Where the values of an organization come from that the document does not hold itself. */
export interface Sources {
  /** Folder of the document. */
  readonly folder: string;
  readonly environment: Environment;
  readonly readFile: ReadFile;
  /** Address of Langfuse from outside of the document. */
  readonly langfuseUrl: string | undefined;
  /** Patterns from outside of the document that are protected everywhere. */
  readonly protect: readonly string[];
  /** Limits from outside of the document, for organizations that have none of their own. */
  readonly guards: GuardSettings;
}

/** Days that somebody may be missing in Keycloak before they are removed: a long weekend and time to ask. */
export const DEFAULT_GRACE_DAYS = 7;

/** The organizations of a document; what is wrong is added to `problems`. */
export function organizationsOf(
  document: SyncDocument,
  sources: Sources,
  problems: string[],
): readonly OrganizationConfiguration[] {
  for (const field of ["id", "name"] as const) {
    const values = document.organizations.map((organization) => organization[field]);
    const repeated = values.find((value, index) => value !== undefined && values.indexOf(value) !== index);
    if (repeated !== undefined) problems.push(`organizations has the ${field} "${repeated}" more than once; keep one`);
  }
  const organizations = document.organizations.map((organization, position) => {
    const place = `organizations[${position}]`;
    const url = organization.langfuseUrl ?? document.langfuse?.url ?? sources.langfuseUrl;
    if (url === undefined) problems.push(`${place} has no address of Langfuse; set langfuse.url, or LANGFUSE_URL`);
    const key = (kind: "publicKey" | "secretKey"): string => {
      const reading = readKey(organization, kind, place, sources);
      if ("value" in reading && reading.value !== undefined) return reading.value;
      problems.push("problem" in reading ? reading.problem : `${place} has no ${kind}; set ${kind}File`);
      return "";
    };
    return {
      name: organization.name ?? organization.id,
      langfuse: { url: url ?? "", publicKey: key("publicKey"), secretKey: key("secretKey") },
      rules: rulesOf(organization, document.defaults ?? {}, sources.protect),
      guards: limitsOf(sources.guards, document.defaults?.guards, organization.guards),
    };
  });
  problems.push(...sharedKeys(organizations));
  return organizations;
}

/** A key names its organization by itself, so that the rules of one would decide about the members of the other. */
function sharedKeys(organizations: readonly OrganizationConfiguration[]): readonly string[] {
  const owners = new Map<string, string>();
  return organizations.flatMap(({ name, langfuse: { url, secretKey } }) => {
    const key = JSON.stringify([url, secretKey]);
    const other = owners.get(key);
    owners.set(key, name);
    if (secretKey === "" || other === undefined) return [];
    return [
      `the organizations "${other}" and "${name}" have the same secret key, which is of one of them; give each its own`,
    ];
  });
}

/** What the document alone says about access; for checks that need no keys. */
export function rulesOf(
  organization: OrganizationDocument,
  defaults: NonNullable<SyncDocument["defaults"]>,
  protect: readonly string[] = [],
): AccessRules {
  return {
    organization: organization.id,
    rules: [
      ...(organization.rules ?? []).map(ruleOf),
      ...(organization.preset === undefined ? [] : PRESETS[organization.preset]),
    ],
    fallback: organization.default ?? defaults.default ?? "NONE",
    protect: [...protect, ...(defaults.protect ?? []), ...(organization.protect ?? [])],
    ignore: [...(defaults.ignore ?? []), ...(organization.ignore ?? [])],
    unmatched: organization.unmatched ?? defaults.unmatched ?? "keep",
    unmatchedScope: organization.unmatchedScope ?? defaults.unmatchedScope ?? "all",
    graceDays: organization.graceDays ?? defaults.graceDays ?? DEFAULT_GRACE_DAYS,
    provision: organization.provision ?? defaults.provision ?? false,
  };
}

function ruleOf({ from, organization, projects, when }: RuleDocument): Rule {
  return {
    from: sourceOf(from),
    ...(when !== undefined && {
      when: {
        ...when,
        ...(when.emailDomain && { emailDomain: when.emailDomain.map((domain) => domain.toLowerCase()) }),
      },
    }),
    ...(organization !== undefined && { organization }),
    projects: new Map(Object.entries(projects ?? {})),
  };
}

function sourceOf({ realmRole, clientRole, group, includeSubgroups }: RuleDocument["from"]): Rule["from"] {
  if (realmRole !== undefined) return { kind: "realmRole", name: realmRole };
  if (clientRole !== undefined) return { kind: "clientRole", name: clientRole };
  return { kind: "group", path: group ?? "", includeSubgroups: includeSubgroups ?? true };
}

function readKey(
  organization: OrganizationDocument,
  kind: "publicKey" | "secretKey",
  place: string,
  { folder, environment, readFile }: Sources,
): Reading {
  const file = organization[`${kind}File`];
  const variable = organization[`${kind}Variable`];
  if (file !== undefined && variable !== undefined) {
    return { problem: `${place} has both ${kind}File and ${kind}Variable; keep one of them` };
  }
  if (file !== undefined) return readSecret(`${place}.${kind}File`, path.resolve(folder, file), readFile);
  if (variable === undefined) return { value: undefined };
  const reading = readVariable(variable, environment, readFile);
  if ("problem" in reading || reading.value !== undefined) return reading;
  return { problem: `${place}.${kind}Variable is "${variable}", which is not set; set it, or ${variable}_FILE` };
}
