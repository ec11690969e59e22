import { stat } from "node:fs/promises";
import path from "node:path";
import { type CacheEntry, ensureEntry, entryExists, entryFolder } from "../cache/entry.ts";
import { downloadArchive } from "./download.ts";
import { sourceInputs } from "./go-modules.ts";
import { versions } from "./versions.ts";

/** Where a part came from. */
export type Origin = "installed" | "downloaded" | "built";

/** One tool that local servers, demo and tests need. */
export interface Part {
  readonly name: string;
  readonly version: string;
  readonly origin: Origin;
  /** Folder that holds its executables. */
  readonly folder: string;
}

export type Note = (text: string) => void;

/** How a part is found; `ensure` takes what is installed, else the official download, else builds it. */
export interface Source {
  readonly name: string;
  /** The version that would be fetched. */
  readonly version: string;
  find(): Promise<Part | undefined>;
  ensure(note: Note): Promise<Part>;
}

/** What is needed to fetch a part that is not installed. */
export interface Recipe {
  readonly name: string;
  readonly download?: { readonly version: string; readonly archive: string };
  readonly build: { readonly version: string; produce(folder: string, note: Note): Promise<void> };
}

/** The part as an earlier download or build left it. */
export async function findKept({ name, download, build }: Recipe): Promise<Part | undefined> {
  if (download && (await entryExists(downloadEntry(name, download.version)))) {
    return downloaded(name, download.version);
  }
  const built = await buildEntry(name, build.version);
  return (await entryExists(built))
    ? { name, version: build.version, origin: "built", folder: entryFolder(built) }
    : undefined;
}

/** Downloads the part, or builds it where the official site is out of reach. */
export async function fetchPart({ name, download, build }: Recipe, note: Note): Promise<Part> {
  const waiting = () => note("another process is making it");
  if (download) {
    note("looking for the official download");
    try {
      await ensureEntry(
        downloadEntry(name, download.version),
        async (folder) => {
          if (!(await downloadArchive(download.archive, folder))) throw new NotOffered();
        },
        { waiting },
      );
      return await downloaded(name, download.version);
    } catch (error) {
      if (!(error instanceof NotOffered)) throw error;
    }
  }
  note("building from Go modules");
  const entry = await buildEntry(name, build.version);
  const folder = await ensureEntry(entry, (partial) => build.produce(partial, note), { waiting });
  return { name, version: build.version, origin: "built", folder };
}

/** The official site is out of reach or does not have the archive. */
class NotOffered extends Error {}

const downloadEntry = (name: string, version: string): CacheEntry => ({
  name: `${name}-download`,
  inputs: [version, process.platform, process.arch],
});

const buildEntry = async (name: string, version: string): Promise<CacheEntry> => ({
  name,
  inputs: [version, versions.pulumi, ...(await sourceInputs())],
});

/** The CLI's archive has its executables one level down. */
async function downloaded(name: string, version: string): Promise<Part> {
  const folder = entryFolder(downloadEntry(name, version));
  const nested = path.join(folder, "pulumi");
  const isNested = (await exists(nested)) && (await stat(nested)).isDirectory();
  return { name, version, origin: "downloaded", folder: isNested ? nested : folder };
}

export async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
