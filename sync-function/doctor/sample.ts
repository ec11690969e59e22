import { mapLimited } from "../concurrency.ts";
import type { KeycloakClient } from "../keycloak/client.ts";
import { createDirectory } from "../keycloak/directory.ts";
import type { LangfuseClient } from "../langfuse/client.ts";
import type { Interest, Person } from "../people/person.ts";
import { type Finding, findingOf, ok, warning } from "./finding.ts";

const CHECK = "Keycloak client roles";

/**
 * Members whose effective roles are asked for one by one: everybody but in the largest installations, because those who
 * hold a role through a client may be few. So many answers take Keycloak some four seconds.
 */
const SAMPLE = 10_000;
const AT_ONCE = 8;

/**
 * Compares what the lists say about some members with the answer that Keycloak gives about each of them. Where client
 * roles are not read, a realm role that is held through one is missing from the lists. What would change is asked again,
 * so nobody loses a role by that; but who has no more than the lists say would not change, is not asked about, and never
 * gets the role.
 */
export async function sampleFinding(
  client: KeycloakClient,
  organizations: readonly { readonly langfuse: Pick<LangfuseClient, "listMemberships"> }[],
  interest: Interest,
): Promise<Finding> {
  try {
    const members = (await mapLimited(organizations, AT_ONCE, ({ langfuse }) => langfuse.listMemberships())).flat();
    const all = [...new Set(members.flatMap(({ email }) => email?.toLowerCase() ?? []))].toSorted();
    const emails = new Set(spread(all, SAMPLE));
    const directory = createDirectory(client, { strategy: "holders" });
    const { byEmail } = await directory.read(interest, emails);
    const listed = [...byEmail].filter(([, people]) => people.every(({ enabled }) => enabled));
    const own = await mapLimited(listed, AT_ONCE, ([email]) => directory.confirm(interest, email));
    const differing = listed.filter(([, people], position) => held(people) !== held(own[position] ?? []));
    const compared = `${listed.length} of ${all.length} members`;
    if (differing.length === 0) return ok(CHECK, `not read, and not needed: ${compared} hold what the lists say`);
    return warning(
      CHECK,
      `not read, but of ${compared} ${differing.length} hold roles through them, such as ${differing[0]?.[0]}; they keep what they have, but who has less does not get it`,
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

function held(people: readonly Person[]): string {
  return JSON.stringify(people.map(({ id, realmRoles }) => [id, realmRoles.toSorted()]).toSorted());
}
