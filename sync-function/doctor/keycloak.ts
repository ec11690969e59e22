import * as z from "zod";
import { pathSegment } from "../http/path.ts";
import { provePermissions } from "../keycloak/canary.ts";
import type { KeycloakClient } from "../keycloak/client.ts";
import { displayName, readClientRoles } from "../keycloak/grants.ts";
import type { AccessToken } from "../keycloak/token.ts";
import type { Interest } from "../people/person.ts";
import { clockFinding } from "./clock.ts";
import { type Finding, findingOf, ok } from "./finding.ts";
import type { Probe } from "./probe.ts";
import {
  keycloakVersionFinding,
  namedFindings,
  realmFacts,
  realmFindings,
  roleFindings,
  storageFinding,
  storageProviders,
} from "./realm.ts";
import { adminScopeFinding, claimsOf, type RightsNeeded, rightsFindings } from "./rights.ts";

export interface KeycloakExamination extends RightsNeeded {
  readonly url: string;
  readonly realm: string;
  /** What rules name. */
  readonly interest: Interest;
  /** Where these names come from, for remedies. */
  readonly rulesSource: string;
}

const issuedAt = z.object({ iat: z.number() });

/** Asks a realm everything that a run depends on; what cannot be asked because of an earlier finding is left out. */
export async function examineKeycloak(
  examination: KeycloakExamination,
  token: () => Promise<AccessToken>,
  client: Parameters<typeof provePermissions>[0] &
    Pick<KeycloakClient, "listRoles" | "listClients" | "listClientRoles" | "listGroups">,
  probe: Probe,
  now: () => Date,
): Promise<readonly Finding[]> {
  const { url, realm, interest, clientRoles, rulesSource } = examination;
  let value: string;
  try {
    ({ value } = await token());
  } catch (error) {
    return [findingOf("Keycloak token", error)];
  }
  const server = url.replace(/\/+$/, "");
  const admin = `${server}/admin/realms/${pathSegment(realm)}`;
  const get = (address: string) => probe(address, { headers: { authorization: `Bearer ${value}` } });
  const settings = await get(admin);
  const claims = claimsOf(value);
  const refused = settings?.status === 401;
  const findings: Finding[] = [adminScopeFinding(claims, refused)];
  const time = issueTime(value);
  // Keycloak sends no Date header; its tokens tell when they were made.
  if (time !== undefined) findings.push(clockFinding("Keycloak", time, now()));
  if (refused) return findings;

  findings.push(...rightsFindings(claims, examination));
  findings.push(keycloakVersionFinding((await get(`${server}/admin/serverinfo`))?.body));
  findings.push(...realmFindings(realmFacts.safeParse(settings?.body).data ?? {}));
  const providers = await get(`${admin}/components?type=org.keycloak.storage.UserStorageProvider`);
  const storages = storageProviders.safeParse(providers?.body).data;
  if (storages !== undefined) findings.push(storageFinding(storages));
  try {
    const roles = await provePermissions(client);
    findings.push(ok("Keycloak answers", "complete: the service account sees its own roles and those of the realm"));
    findings.push(...roleFindings(interest.realmRoles, new Set(roles.map(({ name }) => name)), rulesSource));
    if (clientRoles && interest.clientRoles.size > 0) {
      const existing = new Set((await readClientRoles(client)).map(displayName));
      findings.push(...namedFindings("client role", interest.clientRoles, existing, rulesSource));
    }
    if (interest.groups.size > 0) {
      const existing = new Set((await client.listGroups()).map(({ path }) => path));
      findings.push(...namedFindings("group", interest.groups, existing, rulesSource));
    }
  } catch (error) {
    findings.push(findingOf("Keycloak answers", error));
  }
  return findings;
}

function issueTime(token: string): Date | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const parsed = issuedAt.safeParse(claims);
    return parsed.data && new Date(parsed.data.iat * 1000);
  } catch {
    return undefined;
  }
}
