import * as z from "zod";
import { toDotPath } from "zod/v4/core";
import { mapLimited } from "../concurrency.ts";
import { AccessError } from "../errors.ts";
import type { LangfuseClient } from "../langfuse/client.ts";
import { type MemberReader, readMembers } from "../langfuse/members.ts";
import { compare } from "../plan/order.ts";
import type { Member, Project } from "../plan/state.ts";

/** A role that somebody had; kept as the server answered it, also where this version does not know it. */
const row = z.strictObject({ userId: z.string().min(1), role: z.string().min(1) });

const organizationSnapshot = z.strictObject({
  /** In Langfuse. */
  id: z.string().min(1),
  /** Sorted by address. */
  members: z.array(row.extend({ email: z.string() })),
  /** Sorted by id; all of the organization, also those without a row. */
  projects: z.array(z.strictObject({ id: z.string().min(1), name: z.string(), rows: z.array(row) })),
});
export type OrganizationSnapshot = Readonly<z.output<typeof organizationSnapshot>>;

/** Every membership and project role of some organizations at one time; no keys and no data. */
export const snapshotSchema = z.strictObject({
  schema: z.literal("langfuse-access/snapshot/1"),
  /** ISO 8601, when reading began. */
  takenAt: z.iso.datetime(),
  organizations: z.array(organizationSnapshot).min(1),
});
export type Snapshot = Readonly<z.output<typeof snapshotSchema>>;

export type MembershipReader = MemberReader & Pick<LangfuseClient, "listProjects" | "listProjectMemberships">;

/** What Langfuse has of an organization, in the form that plans are made from. */
export interface OrganizationState {
  readonly members: readonly Member[];
  readonly projects: readonly Project[];
}

const PROJECTS_AT_ONCE = 4;

/** @throws AccessError `incomplete` for a list of members that is too short */
export async function readOrganization(client: MembershipReader): Promise<OrganizationState> {
  const memberships = await readMembers(client, "the organization");
  return {
    members: memberships.map(({ userId, email, role }) => ({ userId, email: email?.toLowerCase() ?? "", role })),
    projects: await readProjects(client),
  };
}

/** All projects of the organization with their rows. */
export async function readProjects(
  client: Pick<MembershipReader, "listProjects" | "listProjectMemberships">,
): Promise<readonly Project[]> {
  return await mapLimited(await client.listProjects(), PROJECTS_AT_ONCE, async ({ id, name }) => {
    const rows = await client.listProjectMemberships(id);
    return { id, name, rows: new Map(rows.map(({ userId, role }) => [userId, role])) };
  });
}

/** The same state gives the same snapshot, whatever order the server lists it in. */
export function snapshotOf(id: string, { members, projects }: OrganizationState): OrganizationSnapshot {
  return {
    id,
    members: members
      .map(({ userId, email, role }) => ({ userId, email, role }))
      .toSorted((left, right) => compare(left.email, right.email) || compare(left.userId, right.userId)),
    projects: projects
      .map(({ id: projectId, name, rows }) => ({
        id: projectId,
        name,
        rows: [...rows]
          .map(([userId, role]) => ({ userId, role }))
          .toSorted((left, right) => compare(left.userId, right.userId)),
      }))
      .toSorted((left, right) => compare(left.id, right.id)),
  };
}

/** @throws AccessError `usage` when the text is no snapshot */
export function parseSnapshot(text: string, file: string): Snapshot {
  const advice = "write one with `snapshot`";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AccessError("usage", `${file} is not JSON; ${advice}`);
  }
  const parsed = snapshotSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue === undefined ? "" : ` (${toDotPath(issue.path)}: ${issue.message})`;
  throw new AccessError("usage", `${file} is not a snapshot of this version${place}; ${advice}`);
}
