import { mapLimited } from "./concurrency.ts";
import { AccessError } from "./errors.ts";
import { provePermissions } from "./keycloak/canary.ts";
import type { KeycloakClient } from "./keycloak/client.ts";
import { READ_CONCURRENCY, readHolders } from "./keycloak/effective-holders.ts";
import { confirmStanding, readStandings } from "./keycloak/standings.ts";
import type { LangfuseClient } from "./langfuse/client.ts";
import { type Plan, type PlanRules, plan } from "./plan/plan.ts";
import type { Member } from "./plan/state.ts";

/**
 * Reads both sides and decides. Whoever would change is asked about again first, and that answer wins: nobody loses or
 * gains anything by a list alone.
 *
 * @throws AccessError when anything was missing, short or contradictory; there is no plan then
 */
export async function decide(
  keycloak: KeycloakClient,
  langfuse: Pick<LangfuseClient, "listMemberships">,
  rules: PlanRules,
): Promise<Plan> {
  const mapped = new Set(rules.mapping.rules.map(({ realmRole }) => realmRole));
  const roles = await provePermissions(keycloak);
  const [members, holders] = await Promise.all([readMembers(langfuse), readHolders(keycloak, roles, mapped)]);
  // Members without an address can be nobody in Keycloak, and protected ones are not compared.
  const compared = members.filter(({ email }) => email !== "" && !rules.protectedMembers.has(email));
  const emails = new Set(compared.map(({ email }) => email));
  const standings = await readStandings(keycloak, holders, emails);
  const confirmed = new Set<string>();
  for (;;) {
    const decided = plan({ members, standings }, rules);
    const unconfirmed = [...new Set(decided.changes.map(({ email }) => email))].filter(
      (email) => !confirmed.has(email),
    );
    if (unconfirmed.length === 0) return decided;
    await mapLimited(unconfirmed, READ_CONCURRENCY, async (email) => {
      standings.set(email, await confirmStanding(keycloak, email, mapped));
      confirmed.add(email);
    });
  }
}

/** The members of the organization, with an empty address where Langfuse has none. */
async function readMembers(langfuse: Pick<LangfuseClient, "listMemberships">): Promise<readonly Member[]> {
  const memberships = await langfuse.listMemberships();
  if (memberships.length === 0) {
    throw new AccessError(
      "incomplete",
      "Langfuse: the organization has no members, not even an owner; check that it still exists and that the key is its own",
    );
  }
  return memberships.map(({ userId, email, role }) => ({ userId, email: email?.toLowerCase() ?? "", role }));
}
