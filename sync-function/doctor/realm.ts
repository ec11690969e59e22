import * as z from "zod";
import { suggestion } from "../nearest.ts";
import { type Finding, failure, info, ok, warning } from "./finding.ts";

/** Settings of a realm that bear on who gets in as whom; a caller with too few rights gets none of them. */
export const realmFacts = z.object({
  duplicateEmailsAllowed: z.boolean().optional(),
  registrationAllowed: z.boolean().optional(),
  verifyEmail: z.boolean().optional(),
  editUsernameAllowed: z.boolean().optional(),
});

const CHECK = "Keycloak realm";

export function realmFindings(facts: z.output<typeof realmFacts>): readonly Finding[] {
  const { duplicateEmailsAllowed, registrationAllowed, verifyEmail } = facts;
  if (duplicateEmailsAllowed === undefined) return [info(CHECK, "its settings cannot be read")];
  const findings: Finding[] = [];
  if (duplicateEmailsAllowed) {
    findings.push(
      warning(
        CHECK,
        "several people may have the same e-mail address, and whoever shares one is left alone as ambiguous",
        'switch "Duplicate emails" off in the login settings of the realm',
      ),
    );
  }
  if (registrationAllowed && !verifyEmail) {
    findings.push(
      warning(
        CHECK,
        "anybody may register with any e-mail address, unverified, and people are matched by their address",
        'switch "Verify email" on in the login settings of the realm',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(CHECK, "each e-mail address belongs to one person")];
}

/**
 * Roles that rules name and the realm does not have: nobody holds them, so everybody who should would lose access.
 *
 * @param variable where the names come from, for the remedy
 */
export function roleFindings(
  named: Iterable<string>,
  existing: ReadonlySet<string>,
  variable: string,
): readonly Finding[] {
  const missing = [...named].filter((name) => !existing.has(name)).toSorted();
  if (missing.length === 0) return [ok("Keycloak roles", "every role of the rules exists")];
  return missing.map((name) =>
    failure(
      "Keycloak roles",
      `the realm has no role "${name}"${suggestion(name, existing)}`,
      `create it, or correct ${variable}`,
    ),
  );
}

/** The same for client roles and groups; nothing where rules name none. */
export function namedFindings(
  kind: "client role" | "group",
  named: ReadonlySet<string>,
  existing: ReadonlySet<string>,
  source: string,
): readonly Finding[] {
  if (named.size === 0) return [];
  const check = `Keycloak ${kind}s`;
  const missing = [...named].filter((name) => !existing.has(name)).toSorted();
  if (missing.length === 0) return [ok(check, `every ${kind} of the rules exists`)];
  return missing.map((name) =>
    failure(
      check,
      `the realm has no ${kind} "${name}"${suggestion(name, existing)}`,
      `create it, or correct ${source}`,
    ),
  );
}

const serverInfo = z.object({ systemInfo: z.object({ version: z.string() }) });

/** @param body of `serverinfo`, which tells the version to administrators of the master realm only */
export function keycloakVersionFinding(body: unknown): Finding {
  const version = serverInfo.safeParse(body).data?.systemInfo.version;
  return version === undefined
    ? info(
        "Keycloak version",
        "the server does not tell it to a service account of this realm",
        "look at the server info of the admin console as an administrator of the realm master; the login gate needs 26.1 or newer",
      )
    : ok("Keycloak version", version);
}

export const storageProviders = z.array(z.object({ name: z.string() }));

/** @param providers user storages such as LDAP */
export function storageFinding(providers: z.output<typeof storageProviders>): Finding {
  const names = providers.map(({ name }) => name).join(", ");
  return providers.length === 0
    ? ok("Keycloak user storage", "all people are local")
    : info(
        "Keycloak user storage",
        `people come from ${names}: lists may be short while it is down, so each person is asked about on their own`,
      );
}
