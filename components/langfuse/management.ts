import type { GuardSettings } from "#sync/guard/limits.ts";
import type { KeyPair } from "./connection.ts";
import type { ExclusiveTerms } from "./tenant-args.ts";
import { type ManagedTenant, type TenantSettings, tenantContradictions } from "./tenant-settings.ts";

/** What of the stack's secrets opens Langfuse. */
export interface ManagementSecrets {
  /** ADMIN_API_KEY of the server. */
  readonly langfuseAdminApiKey?: string;
  /** A pair of the organization that somebody made in the web page. */
  readonly langfuseOrganizationPublicKey?: string;
  readonly langfuseOrganizationSecretKey?: string;
}

type Management = TenantSettings & { readonly manage: boolean };

/** The pair of the organization, where the stack has one and makes none. */
export function givenPair(secrets: ManagementSecrets): KeyPair | undefined {
  const { langfuseOrganizationPublicKey: publicKey, langfuseOrganizationSecretKey: secretKey } = secrets;
  return publicKey !== undefined && secretKey !== undefined ? { publicKey, secretKey } : undefined;
}

/** What is declared in Langfuse, and with which key; undefined when nothing is. */
export function managedTenant<T extends Management>({
  langfuse,
  secrets,
}: {
  readonly langfuse: T;
  readonly secrets: ManagementSecrets;
}): (T & ManagedTenant & { readonly credentials?: KeyPair }) | undefined {
  const { manage, project } = langfuse;
  if (!manage || !project) return undefined;
  const credentials = givenPair(secrets);
  return { ...langfuse, project, ...(credentials ? { credentials } : {}) };
}

/** The parts of the configuration that decide about people whom nobody declared. */
interface Authority {
  readonly langfuse: Pick<TenantSettings, "authority" | "approvedRemovals">;
  readonly keycloak: { readonly realm: string };
  readonly sync: {
    readonly protect?: readonly string[] | undefined;
    readonly ignore?: readonly string[] | undefined;
    readonly guards?: GuardSettings | undefined;
  };
}

/** The terms of an exclusive organization, by the same limits as the sync's; nothing for an additive one. */
export function exclusiveTerms({ langfuse, keycloak, sync }: Authority): { readonly exclusive?: ExclusiveTerms } {
  const { authority, approvedRemovals } = langfuse;
  if (authority === "additive") return {};
  const { protect = [], ignore = [], guards = {} } = sync;
  return {
    exclusive: {
      realm: keycloak.realm,
      kept: [...protect, ...ignore],
      limits: guards,
      ...(approvedRemovals === undefined ? {} : { approved: approvedRemovals }),
    },
  };
}

/**
 * What cannot be declared with these keys, or not at all; each with the key and what to do.
 *
 * @param namespace of Secrets whose service names none
 */
export function managementContradictions(
  langfuse: Management,
  secrets: ManagementSecrets,
  namespace: string,
): string[] {
  if (!langfuse.manage) return unmanaged(langfuse, secrets);
  return [
    ...keyProblems(langfuse, secrets),
    ...tenantContradictions(langfuse, namespace).map((problem) => `langfuse.${problem}`),
  ];
}

function unmanaged(langfuse: Management, secrets: ManagementSecrets): string[] {
  const declared = [
    ...(langfuse.organization.name === undefined && langfuse.organization.id === undefined ? [] : ["organization"]),
    ...(langfuse.project ? ["project"] : []),
    ...(["projects", "members", "services"] as const).filter((key) => langfuse[key].length > 0),
  ];
  return [
    ...declared.map(
      (key) => `langfuse.${key} is declared, but langfuse.manage is false: leave it out, or set manage to true`,
    ),
    ...(["langfuseOrganizationPublicKey", "langfuseOrganizationSecretKey"] as const)
      .filter((name) => secrets[name] !== undefined)
      .map((name) => `${name} is set, but langfuse.manage is false: remove it, or set manage to true`),
  ];
}

function keyProblems({ organization, organizationKey }: Management, secrets: ManagementSecrets): string[] {
  const halves = ["langfuseOrganizationPublicKey", "langfuseOrganizationSecretKey"] as const;
  const missing = halves.filter((name) => secrets[name] === undefined);
  if (missing.length === 1) {
    return missing.map(
      (name) => `${name} is missing beside its other half: run \`pulumi config set --secret ${name}\``,
    );
  }
  return missing.length === 0 ? pairProblems({ organization, organizationKey }, secrets) : [];
}

/** That nothing opens Langfuse, which can be told before the rest of the configuration is understood. */
export function missingKey(secrets: ManagementSecrets): string[] {
  const { langfuseAdminApiKey, langfuseOrganizationPublicKey, langfuseOrganizationSecretKey } = secrets;
  const given = [langfuseAdminApiKey, langfuseOrganizationPublicKey, langfuseOrganizationSecretKey];
  if (given.some((key) => key !== undefined)) return [];
  return [
    "langfuseAdminApiKey is missing: run `pulumi config set --secret langfuse-access:langfuseAdminApiKey`, or set langfuse.organization.id and the secrets langfuseOrganizationPublicKey and langfuseOrganizationSecretKey of a key made in Langfuse (organization settings, API keys), or set langfuse.manage to false",
  ];
}

function pairProblems(
  { organization, organizationKey }: Pick<Management, "organization" | "organizationKey">,
  { langfuseOrganizationPublicKey = "", langfuseOrganizationSecretKey = "" }: ManagementSecrets,
): string[] {
  const problems: string[] = [];
  if (!langfuseOrganizationPublicKey.startsWith("pk-lf-") || !langfuseOrganizationSecretKey.startsWith("sk-lf-")) {
    problems.push(
      "langfuseOrganizationPublicKey and langfuseOrganizationSecretKey are no pair of Langfuse: the one begins with pk-lf-, the other with sk-lf-",
    );
  }
  if (organization.id === undefined) {
    problems.push(
      "langfuse.organization.id is missing: a key of an organization opens that one only, so name its id (it is in the address of its settings page) and no name",
    );
  }
  if (Object.keys(organizationKey).length > 0) {
    problems.push(
      "langfuse.organizationKey is set, but the key is given by secrets: make a new one in Langfuse and set the secrets anew to rotate it",
    );
  }
  return problems;
}
