import { mkdir, readdir, readFile, rmdir, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const MOUNT = "/sys/fs/cgroup";
/** File system magic of the unified hierarchy (statfs(2), CGROUP2_SUPER_MAGIC). */
const UNIFIED = 0x63677270;
/** Controllers the kubelet insists on when the kernel has them. */
const CONTROLLERS = ["cpuset", "cpu", "memory", "pids", "hugetlb"];
/** How long a cgroup may stay busy after its last process was killed, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Makes a cgroup of this name under the root of every hierarchy, for the pods of one cluster: one folder with cgroup v2,
 * one per controller with v1. Throws when the machine does not let us.
 */
export async function createCgroup(name: string): Promise<void> {
  for (const root of await hierarchies()) await mkdir(path.join(root, name), { recursive: true });
}

/** Removes what {@link createCgroup} and the kubelet made; waits for processes that are still dying. Safe to repeat. */
export async function removeCgroup(name: string): Promise<void> {
  const late = AbortSignal.timeout(PATIENCE);
  for (const root of await hierarchies()) {
    while (!(await removeTree(path.join(root, name))) && !late.aborted) await sleep(50);
  }
}

async function hierarchies(): Promise<string[]> {
  if ((await statfs(MOUNT)).type === UNIFIED) {
    await delegate();
    return [MOUNT];
  }
  const entries = await readdir(MOUNT, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(MOUNT, entry.name));
}

/** With v2 a controller exists in a child only when its parent passes it on. */
async function delegate(): Promise<void> {
  const words = async (file: string) => (await readFile(path.join(MOUNT, file), "utf8")).trim().split(/\s+/);
  const passed = new Set(await words("cgroup.subtree_control"));
  const missing = (await words("cgroup.controllers")).filter((name) => CONTROLLERS.includes(name) && !passed.has(name));
  if (missing.length === 0) return;
  await writeFile(path.join(MOUNT, "cgroup.subtree_control"), missing.map((name) => `+${name}`).join(" "));
}

/** Children first: a cgroup goes only when it is empty, and its files cannot be removed at all. */
async function removeTree(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(path.join(folder, entry.name));
  return await rmdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}
