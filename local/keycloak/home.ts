import { cp, mkdir, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ProcessGroup } from "../process/group.ts";

/**
 * A folder that Keycloak takes for its home: the distribution's parts by link, and data, temporary files and log of its
 * own. So many servers share one distribution and none writes to it. The caller removes it; the reaper does when we die.
 *
 * @param database Folder of a database to begin with; a new one is made otherwise.
 */
export async function createHome(
  distribution: string,
  processes: Pick<ProcessGroup, "onAbandoned">,
  database?: string,
): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), "keycloak-"));
  processes.onAbandoned("rm", ["-rf", home]);
  for (const part of ["conf", "lib", "providers", "themes"])
    await symlink(path.join(distribution, part), path.join(home, part));
  await mkdir(path.join(home, "tmp"));
  if (database) await cp(database, databaseFolder(home), { recursive: true });
  return home;
}

/** Where the file database of a home is (`--db=dev-file`). */
export function databaseFolder(home: string): string {
  return path.join(home, "data", "h2");
}

export function logFile(home: string): string {
  return path.join(home, "keycloak.log");
}
