import { mapLimited } from "../concurrency.ts";
import { messageOf } from "../errors.ts";
import type { LangfuseClient } from "../langfuse/client.ts";
import type { Change } from "../plan/change.ts";

const PROJECTS_AT_ONCE = 4;

/** What is there now: a role by user id or by address, as members made in this run have no id in the plan. */
interface Rows {
  readonly byId: ReadonlyMap<string, string>;
  readonly byEmail: ReadonlyMap<string, string>;
}

/**
 * Corrects `failures` by what Langfuse has now: a misspelt role is answered with success and changes nothing, and an
 * answer may be lost after the change was made.
 *
 * @returns why that could not be read, if so
 */
export async function verify(
  attempted: ReadonlySet<Change>,
  client: Pick<LangfuseClient, "listMemberships" | "listProjectMemberships">,
  failures: Map<Change, string>,
): Promise<string | undefined> {
  const projects = new Set([...attempted].flatMap(({ project }) => project?.id ?? []));
  const inProjects = new Map<string, Rows>();
  let members: Rows;
  try {
    members = rowsOf(await client.listMemberships());
    await mapLimited([...projects], PROJECTS_AT_ONCE, async (id) => {
      inProjects.set(id, rowsOf(await client.listProjectMemberships(id)));
    });
  } catch (error) {
    return messageOf(error);
  }
  for (const change of attempted) {
    const rows = change.project === undefined ? members : inProjects.get(change.project.id);
    const role = change.userId === null ? rows?.byEmail.get(change.email) : rows?.byId.get(change.userId);
    if (role === wantedRow(change)) failures.delete(change);
    else if (!failures.has(change)) {
      failures.set(
        change,
        `Langfuse accepted the change, but ${found(change, role)}; run again, and look for another writer`,
      );
    }
  }
  return undefined;
}

function rowsOf(list: Awaited<ReturnType<LangfuseClient["listMemberships"]>>): Rows {
  return {
    byId: new Map(list.map(({ userId, role }) => [userId, role])),
    byEmail: new Map(list.map(({ email, role }) => [email?.toLowerCase() ?? "", role])),
  };
}

/** Undefined where no row shall be left. */
function wantedRow({ kind, to, row }: Change): string | undefined {
  if (row !== undefined) return row.to ?? undefined;
  return kind === "remove-member" ? undefined : to;
}

function found({ project }: Change, role: string | undefined): string {
  if (role !== undefined) return `the role is ${role}`;
  return project === undefined ? "the person is no member any more" : "there is no role in the project";
}
