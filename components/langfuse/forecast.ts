import { isDeepStrictEqual } from "node:util";
import { unlessAborted } from "#sync/concurrency.ts";
import { AccessError } from "#sync/errors.ts";
import type { LangfuseMembership, LangfuseOrganization, LangfuseProject } from "#sync/langfuse/answers.ts";
import type { Adoption } from "./adoption.ts";
import { membershipChanges } from "./announcement.ts";
import { declaredPart, managerOf } from "./marker.ts";
import type { ProjectRole } from "./project-roles.ts";

/** How long a look at the server may take, in milliseconds: without an answer a preview goes on. */
const PATIENCE = 30_000;

/** What the name of something new is looked for by. */
interface Wanted {
  readonly name: string;
  readonly managedBy: string;
}

/** Whether something is new in the stack, and may be in Langfuse already. Only then is it looked for in a preview. */
export function mayBeThere(olds: object, { adopt = "never" }: { readonly adopt?: Adoption }): boolean {
  return adopt === "if-exists" && Object.keys(olds).length === 0;
}

/**
 * Says what will become of something new. A refusal that is certain comes before anything is changed; a server that does
 * not answer is no obstacle, because whoever makes the thing asks it again.
 *
 * @param look what there is to say
 * @returns why it cannot be made, absent when nothing is known against it
 */
export async function foretell(
  look: () => Promise<readonly string[]>,
  say: (line: string) => void,
  patience = PATIENCE,
): Promise<string | undefined> {
  try {
    const late = () => new AccessError("unreachable", `no answer for ${patience / 1000} seconds`);
    for (const line of await unlessAborted(AbortSignal.timeout(patience), look(), late)) say(line);
    return undefined;
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    if (error.kind === "refused") return error.message;
    say(`What is there already, and taken over, cannot be told now: ${error.message}`);
    return undefined;
  }
}

/** @param found the one that is taken over, of all that there are */
export function organizationForecast(
  wanted: Wanted,
  found: LangfuseOrganization | undefined,
  organizations: readonly LangfuseOrganization[],
): string {
  const what = `organization ${wanted.name}`;
  if (!found) {
    const other = organizations.find(({ name }) => name === wanted.name);
    return other
      ? `${what}: there already, managed by ${managerOf(other.metadata)} → another one of that name is made`
      : `${what}: not there → made`;
  }
  if (managerOf(found.metadata) === wanted.managedBy) return `${what}: ${CARRIED_ON}`;
  const projects = found.projects.map(({ name }) => name).toSorted();
  const inside = projects.length === 0 ? "without a project" : `with ${projects.join(", ")}`;
  // Its members are shown to a key of it alone, and its projects without what tells who manages them.
  return `${what}: there already, ${inside} → taken over, and what is declared of its projects and members with it`;
}

/** @param found the one that is taken over */
export function projectForecast(
  wanted: Wanted & {
    readonly retentionDays?: number;
    readonly metadata?: Readonly<Record<string, unknown>>;
  },
  found: LangfuseProject | undefined,
): string {
  const { name, managedBy, retentionDays, metadata = {} } = wanted;
  if (!found) return `project ${name}: not there → made`;
  if (managerOf(found.metadata) === managedBy) return `project ${name}: ${CARRIED_ON}`;
  const current = declaredPart(found.metadata, metadata);
  const differing = Object.keys(metadata).filter((key) => !isDeepStrictEqual(current[key], metadata[key]));
  const duration = retentionDays === 0 ? "for ever" : `for ${retentionDays} days`;
  return [
    `project ${name}: there already → taken over`,
    ...differing.map(
      (key) => `${key}: ${JSON.stringify(current[key]) ?? "not set"} → ${JSON.stringify(metadata[key])}`,
    ),
    // How long it keeps its data is told to keys of the project only.
    ...(retentionDays === undefined ? [] : [`its data kept ${duration}`]),
  ].join(", ");
}

/** Where nothing but the names of projects is known. */
export function namedProjectForecast(name: string, projects: readonly { readonly name: string }[]): string {
  return projects.some((project) => project.name === name)
    ? `project ${name}: there already → taken over, unless another stack manages it`
    : `project ${name}: not there → made`;
}

/** What becomes of somebody, in the organization and in its projects. */
export function memberForecast(
  wanted: {
    readonly organizationId: string;
    readonly email: string;
    readonly role: string;
    readonly projectRoles?: readonly ProjectRole[];
  },
  member: Pick<LangfuseMembership, "role"> | undefined,
  projectRoles: readonly ProjectRole[],
  titleOf: (id: string) => string,
): string[] {
  const { organizationId, email, role } = wanted;
  const title = titleOf(organizationId);
  if (!member) return [`${email}: not a member → ${role} in ${title}`];
  const inOrganization =
    member.role === role
      ? `${email}: ${role} in ${title} already → taken over`
      : `${email}: ${member.role} → ${role} in ${title}, taken over`;
  return [inOrganization, ...membershipChanges({ ...wanted, projectRoles }, wanted, titleOf)];
}

/** Before the first key is made that shows them. */
export function unseenMembersForecast(title: string): string {
  return `members of ${title}: whoever is there already → taken over, which the up tells with the key that it makes`;
}

const CARRIED_ON = "left by a run that did not end → carried on with";
