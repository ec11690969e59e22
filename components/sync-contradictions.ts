import { rulesOf } from "#sync/configuration/organizations.ts";
import { lint } from "#sync/roles/lint.ts";
import type { Settings } from "./schema.ts";
import { syncDocument } from "./sync-document.ts";
import { type FurtherOrganization, keySecretName, organizationTitle, type SyncSettings } from "./sync-settings.ts";

type Access = Pick<Settings, "sync" | "roles" | "langfuse">;

/** Which of the secrets that matter here are set. */
interface GivenSecrets {
  readonly langfuseAdminApiKey?: string | undefined;
  readonly pushgatewayPassword?: string | undefined;
}

/** What the schema cannot say about one key alone; each with its whole key, and what to do. */
export function syncContradictions(settings: Access, secrets: GivenSecrets): string[] {
  const { sync, langfuse } = settings;
  // Without an organization there is no sync.
  if (!langfuse.manage) return [];
  return [
    ...accessProblems(settings),
    ...sync.organizations.flatMap((organization, position) =>
      keyProblems(organization, secrets).map((problem) => `sync.organizations.${position}${problem}`),
    ),
    ...repeated("id", [langfuse.organization.id, ...sync.organizations.map(({ id }) => id)]),
    ...repeated("name", [
      organizationTitle(langfuse.organization),
      ...sync.organizations.map(({ name, id }) => name ?? id),
    ]),
    ...repeated("secretName", sync.organizations.map(keySecretName)),
    ...gatewayProblems(sync.metrics, secrets.pushgatewayPassword !== undefined),
    ...sharingProblems(sync),
  ];
}

/** What the rules would certainly not do as written, with the errors apart from what only deserves a look. */
export function ruleFindings(settings: Access): { readonly errors: string[]; readonly warnings: string[] } {
  if (!settings.langfuse.manage) return { errors: [], warnings: [] };
  const { organizations, defaults = {} } = syncDocument(settings, "");
  const found = organizations.flatMap((organization, position) =>
    lint([rulesOf(organization, defaults)])
      // Said above in the words of this configuration.
      .filter(({ code }) => code !== "no-rules")
      .map(({ severity, rule, message }) => {
        const key = position === 0 ? "sync" : `sync.organizations.${position - 1}`;
        const order = position === 0 && rule !== undefined ? " (sync.rules count from 0, then roles, then preset)" : "";
        return { severity, text: `${key}: ${message}${order}` };
      }),
  );
  const of = (wanted: "error" | "warning") =>
    found.filter(({ severity }) => severity === wanted).map(({ text }) => text);
  return { errors: of("error"), warnings: of("warning") };
}

function accessProblems({ sync, roles }: Access): string[] {
  const granting = roles.filter(({ grants }) => grants !== undefined).length;
  const places = [
    { key: "sync", alternatives: "roles, sync.rules", ...sync, granting },
    ...sync.organizations.map((one, position) => {
      const key = `sync.organizations.${position}`;
      return { key, alternatives: `${key}.rules`, ...one, granting: 0 };
    }),
  ];
  return places.flatMap(({ key, alternatives, rules = [], preset, granting: others }) => [
    ...(rules.length + others > 0 || preset !== undefined
      ? []
      : [`${key} gives nobody a role: set ${alternatives} or ${key}.preset`]),
    ...rules.flatMap(({ from }, position) =>
      from.clientRole === undefined || sync.clientRoles
        ? []
        : [
            `${key}.rules.${position} is about the client role "${from.clientRole}", which the sync may not see: set sync.clientRoles to true, and it gets view-clients`,
          ],
    ),
  ]);
}

function keyProblems({ bootstrap, langfuseUrl, secretName }: FurtherOrganization, secrets: GivenSecrets): string[] {
  if (bootstrap && (secretName === undefined || langfuseUrl !== undefined)) {
    return [
      ".bootstrap makes a key of the declared Langfuse in a Secret with a name: set secretName, and no langfuseUrl",
    ];
  }
  if (secretName === undefined && langfuseUrl !== undefined) {
    return [" is in another Langfuse, where this program can make no key: set secretName to a Secret with its key"];
  }
  const isMade = bootstrap || secretName === undefined;
  if (!isMade || secrets.langfuseAdminApiKey !== undefined) return [];
  return [
    " needs a key, which only the server's own key can make: set secretName to a Secret with one, or the secret langfuseAdminApiKey",
  ];
}

function gatewayProblems({ pushgatewayUrl, pushgatewayUser }: SyncSettings["metrics"], hasPassword: boolean): string[] {
  const user = "sync.metrics.pushgatewayUser";
  if (pushgatewayUser === undefined) {
    return hasPassword ? [`${user} is missing beside the secret pushgatewayPassword: set both or none`] : [];
  }
  return [
    ...(hasPassword
      ? []
      : [`${user} is set without a password: run \`pulumi config set --secret pushgatewayPassword\``]),
    ...(pushgatewayUrl === undefined ? [`${user} is set without an address: set sync.metrics.pushgatewayUrl`] : []),
  ];
}

function sharingProblems({ shards, parallelism = shards, organizations }: SyncSettings): string[] {
  const count = organizations.length + 1;
  return [
    ...(shards > count
      ? [`sync.shards is ${shards} for ${count} organizations: use at most ${count}, since none is ever split`]
      : []),
    ...(parallelism > shards
      ? [`sync.parallelism is ${parallelism} for ${shards} shards: use at most as many, or leave it out`]
      : []),
  ];
}

function repeated(key: string, values: readonly (string | undefined)[]): string[] {
  const twice = values.filter((value, index) => value !== undefined && values.indexOf(value) !== index);
  return [...new Set(twice)].map(
    (value) => `sync.organizations has the ${key} "${value}" more than once: give each one of its own`,
  );
}
