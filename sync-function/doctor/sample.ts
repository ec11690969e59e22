import { createHash } from "node:crypto";
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
/** Milliseconds that may take: in a realm of thousands of roles one answer alone takes seconds. */
const SAMPLE_TIME = 20_000;
const AT_ONCE = 4;

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
  now: () => Date,
): Promise<Finding> {
  try {
    const members = (await mapLimited(organizations, AT_ONCE, ({ langfuse }) => langfuse.listMemberships())).flat();
    const all = [...new Set(members.flatMap(({ email }) => email?.toLowerCase() ?? []))].toSorted();
    const emails = new Set(shuffled(all).slice(0, SAMPLE));
    const directory = createDirectory(client, { strategy: "holders" });
    const { byEmail } = await directory.read(interest, { emails });
    const listed = [...byEmail].filter(([, people]) => people.every(({ enabled }) => enabled));
    const endsAt = now().getTime() + SAMPLE_TIME;
    const asked = await mapLimited(listed, AT_ONCE, async ([email, people]) =>
      now().getTime() < endsAt ? [{ email, people, own: await directory.confirm(interest, email) }] : [],
    );
    const differing = asked.flat().filter(({ people, own }) => held(people) !== held(own));
    const compared = `${asked.flat().length} of ${all.length} members`;
    if (differing.length === 0) return ok(CHECK, `not read, and not needed: ${compared} hold what the lists say`);
    return warning(
      CHECK,
      `not read, but of ${compared} ${differing.length} hold roles through them, such as ${differing[0]?.email}; they keep what they have, but who has less does not get it`,
      "set KEYCLOAK_CLIENT_ROLES to true and grant the service account view-clients of realm-management",
    );
  } catch (error) {
    return findingOf(CHECK, error);
  }
}

/** In an order that has nothing to do with the addresses, and is the same in every run: neighbours have much in common. */
function shuffled(emails: readonly string[]): readonly string[] {
  const keyed = emails.map((email) => [createHash("sha256").update(email).digest("hex"), email] as const);
  return keyed.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, email]) => email);
}

function held(people: readonly Person[]): string {
  return JSON.stringify(people.map(({ id, realmRoles }) => [id, realmRoles.toSorted()]).toSorted());
}
