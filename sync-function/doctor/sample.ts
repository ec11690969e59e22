import { mapLimited } from "../concurrency.ts";
import type { Organization } from "../decision.ts";
import type { KeycloakClient } from "../keycloak/client.ts";
import { createDirectory } from "../keycloak/directory.ts";
import type { Interest, Person } from "../people/person.ts";
import { type Finding, findingOf, ok, warning } from "./finding.ts";

const CHECK = "Keycloak client roles";

/** Members whose effective roles are asked for one by one. */
const SAMPLE = 50;
const AT_ONCE = 4;

/**
 * Compares what the lists say about some members with the answer that Keycloak gives about each of them. Where client
 * roles are not read, a realm role that is held through one is missing from the lists. What would change is asked again,
 * so nobody loses a role by that; but who has no more than the lists say would not change, is not asked about, and never
 * gets the role.
 */
export async function sampleFinding(
  client: KeycloakClient,
  organizations: readonly Organization[],
  interest: Interest,
): Promise<Finding> {
  try {
    const members = (await mapLimited(organizations, AT_ONCE, ({ langfuse }) => langfuse.listMemberships())).flat();
    const all = [...new Set(members.flatMap(({ email }) => email?.toLowerCase() ?? []))].toSorted();
    const emails = new Set(spread(all, SAMPLE));
    const directory = createDirectory(client, { strategy: "holders" });
    const { byEmail } = await directory.read(interest, emails);
    const listed = [...byEmail.values()].flat().filter(({ enabled }) => enabled);
    const own = await mapLimited(listed, AT_ONCE, ({ id }) => directory.find(interest, id));
    const differing = listed.filter((person, position) => held(person) !== held(own[position]));
    if (differing.length === 0) {
      return ok(CHECK, `not read, and not needed: ${listed.length} members hold what the lists say`);
    }
    return warning(
      CHECK,
      `not read, but ${differing.length} of ${listed.length} members hold roles through them, such as ${differing[0]?.email}; they keep what they have, but who has less does not get it`,
      "set KEYCLOAK_CLIENT_ROLES to true and grant the service account view-clients of realm-management",
    );
  } catch (error) {
    return findingOf(CHECK, error);
  }
}

/** Evenly over the whole list: neighbours have much in common. */
function spread(items: readonly string[], count: number): readonly string[] {
  const step = Math.max(1, items.length / count);
  return Array.from(
    { length: Math.min(count, items.length) },
    (_, position) => items[Math.floor(position * step)] ?? "",
  );
}

function held(person: Person | undefined): string {
  return (person?.realmRoles ?? []).toSorted().join("\n");
}
