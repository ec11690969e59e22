import path from "node:path";
import type { SyncDocument } from "#sync/configuration/document.ts";
import { KEYS_FOLDER } from "./kubernetes/sync-files.ts";
import type { Settings } from "./schema.ts";
import { keySecretName, organizationTitle } from "./sync-settings.ts";

/**
 * What the deployed sync decides by, as the file that `SYNC_CONFIG` names. It holds no secret: key pairs are named by
 * variable and file.
 *
 * @param organizationId id in Langfuse of the declared organization
 */
export function syncDocument(
  { roles, langfuse, sync }: Pick<Settings, "roles" | "langfuse" | "sync">,
  organizationId: string,
): SyncDocument {
  const { defaultRole, protect, ignore, unmatched, graceDays, provision, guards } = sync;
  return {
    keycloak: { clientRoles: sync.clientRoles },
    defaults: { default: defaultRole, protect, ignore, unmatched, graceDays, provision, guards },
    organizations: [
      {
        id: organizationId,
        name: organizationTitle(langfuse.organization),
        publicKeyVariable: "LANGFUSE_PUBLIC_KEY",
        secretKeyVariable: "LANGFUSE_SECRET_KEY",
        preset: sync.preset,
        // The order is the precedence: rules are there for what the short form cannot say, exceptions among it.
        rules: [...(sync.rules ?? []), ...roles.flatMap(shortRule)],
        protect: langfuse.members.map(({ email }) => email),
      },
      ...sync.organizations.map(({ secretName, bootstrap: _, defaultRole: own, ...organization }) => ({
        ...organization,
        publicKeyFile: path.posix.join(KEYS_FOLDER, keySecretName({ ...organization, secretName }), "public-key"),
        secretKeyFile: path.posix.join(KEYS_FOLDER, keySecretName({ ...organization, secretName }), "secret-key"),
        default: own,
      })),
    ],
  };
}

type RuleDocument = NonNullable<SyncDocument["organizations"][number]["rules"]>[number];

function shortRule({ name, grants }: Settings["roles"][number]): RuleDocument[] {
  return grants === undefined ? [] : [{ from: { realmRole: name }, organization: grants }];
}
