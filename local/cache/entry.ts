import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { cacheFolder } from "./folder.ts";
import { isAlive, withLock } from "./lock.ts";

/** One thing worth keeping: a folder whose name says what it is and whose hash says from what it was made. */
export interface CacheEntry {
  /** For example `pulumi`; letters, digits and dashes. */
  readonly name: string;
  /** Everything that decides the content: versions, sources, flags. A change of any of it is another entry. */
  readonly inputs: readonly string[];
}

/** Folder of the entry, whether it exists or not. */
export function entryFolder(entry: CacheEntry, root = cacheFolder()): string {
  const hash = createHash("sha256").update(JSON.stringify(entry.inputs)).digest("hex").slice(0, 16);
  return path.join(root, `${entry.name}-${hash}`);
}

export async function entryExists(entry: CacheEntry, root = cacheFolder()): Promise<boolean> {
  return await exists(entryFolder(entry, root));
}

/**
 * Returns the entry's folder, making it first when it is missing. `produce` fills a folder beside the final one, which
 * is renamed only when it is complete: a build that is killed leaves nothing that looks finished. Of several processes
 * that want the same entry one builds and the others wait.
 */
export async function ensureEntry(
  entry: CacheEntry,
  produce: (folder: string) => Promise<void>,
  options: { root?: string; waiting?: () => void } = {},
): Promise<string> {
  const root = options.root ?? cacheFolder();
  const folder = entryFolder(entry, root);
  if (await exists(folder)) return folder;
  await mkdir(root, { recursive: true });
  return await withLock(
    `${folder}.lock`,
    async () => {
      if (await exists(folder)) return folder;
      await removeLeftovers(folder);
      const partial = `${folder}.partial-${process.pid}`;
      await mkdir(partial);
      try {
        await produce(partial);
        await rename(partial, folder).catch(async (error) => {
          if (!(await exists(folder))) throw error;
        });
      } finally {
        await rm(partial, { recursive: true, force: true });
      }
      return folder;
    },
    options.waiting,
  );
}

/**
 * What killed builds of the same entry left. A living owner keeps its folder, whoever holds the lock; a folder with our
 * own number is an earlier process's, since process numbers come again.
 */
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${path.basename(folder)}.partial-`;
  for (const name of await readdir(path.dirname(folder))) {
    const owner = Number(name.slice(prefix.length));
    if (!name.startsWith(prefix) || (owner !== process.pid && isAlive(owner))) continue;
    await rm(path.join(path.dirname(folder), name), { recursive: true, force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
