import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { ensureEntry } from "../cache/entry.ts";
import { run } from "../process/run.ts";
import type { Progress } from "../progress.ts";
import { findExecutable, isExecutable } from "./executable.ts";

/** Programs a node runs pods with. */
export interface NodeTools {
  readonly containerd: string;
  readonly ctr: string;
  readonly runc: string;
  /** Folder that holds them all; `/` when they are installed. */
  readonly root: string;
  /** Folders of all of them, and of containerd's shim, as a search path. */
  readonly searchPath: string;
  /** Folder of the CNI plugins. */
  readonly plugins: string;
  /** A static busybox for images, when there is one. */
  readonly busybox?: string;
}

const PACKAGES = ["containerd", "runc", "containernetworking-plugins", "busybox-static"];
/** Where distributions put CNI plugins, below a root. */
const PLUGIN_FOLDERS = ["usr/lib/cni", "opt/cni/bin", "usr/libexec/cni"];
/** Downloads of 40 MB may be slow, but not endless; milliseconds. */
const TIMEOUT = 600_000;

/**
 * The node's programs: on Debian and its kin from packages that are unpacked into the cache, never installed; elsewhere
 * those that are installed. Throws an error that says what is missing.
 */
export async function findNodeTools(progress: Progress): Promise<NodeTools> {
  const obstacles: string[] = [];
  if ((await findExecutable("apt-get")) && (await findExecutable("dpkg"))) {
    try {
      return await toolsBelow(await unpackedPackages(progress));
    } catch (error) {
      obstacles.push(`unpacking ${PACKAGES.join(", ")} failed: ${error instanceof Error ? error.message : error}`);
    }
  }
  try {
    return await toolsBelow("/");
  } catch (error) {
    obstacles.push(error instanceof Error ? error.message : String(error));
    throw new Error(obstacles.join("; "), { cause: error });
  }
}

/** Packages are taken anew only for another release of the system: their versions are recorded, not asked for each time. */
async function unpackedPackages(progress: Progress): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8");
  const identity = release.split("\n").filter((line) => /^(ID|VERSION_ID|VERSION_CODENAME)=/.test(line));
  const entry = { name: "kubernetes-node", inputs: [...identity, process.arch, ...PACKAGES] };
  return await ensureEntry(
    entry,
    (folder) =>
      progress.step(`fetch ${PACKAGES.join(", ")}`, async (note) => {
        const downloads = path.join(folder, "downloads");
        await mkdir(downloads);
        await downloadPackages(downloads, note);
        for (const file of await readdir(downloads)) {
          if (file.endsWith(".deb")) await run("dpkg", ["-x", path.join(downloads, file), folder]);
        }
        await rm(downloads, { recursive: true });
        await toolsBelow(folder);
      }),
    { waiting: () => progress.say("waiting for another process that fetches the node's packages") },
  );
}

/** The system's own package lists first; when they are missing or old, fresh ones in a private folder. */
async function downloadPackages(folder: string, note: (text: string) => void): Promise<void> {
  const state = path.join(folder, "apt");
  const lists = path.join(state, "lists");
  await mkdir(path.join(lists, "partial"), { recursive: true });
  await mkdir(path.join(state, "cache", "archives", "partial"), { recursive: true });
  const options = ["-q", "-o", `Dir::Cache=${path.join(state, "cache")}`, "-o", "APT::Sandbox::User=root"];
  const apt = (...args: readonly string[]) => run("apt-get", [...options, ...args], { folder, timeout: TIMEOUT });
  try {
    await apt("download", ...PACKAGES);
  } catch {
    note("refresh the package lists");
    const own = ["-o", `Dir::State::lists=${lists}`];
    await apt(...own, "update");
    await apt(...own, "download", ...PACKAGES);
  }
}

async function toolsBelow(root: string): Promise<NodeTools> {
  const folders = ["usr/local/bin", "usr/local/sbin", "usr/bin", "usr/sbin", "bin", "sbin"].map((folder) =>
    path.join(root, folder),
  );
  const searchPath = (
    root === "/" ? [...(process.env.PATH ?? "").split(":").filter(Boolean), ...folders] : folders
  ).join(":");
  const find = (name: string) => firstExecutable(searchPath.split(":").map((folder) => path.join(folder, name)));
  const need = async (name: string) => {
    const file = await find(name);
    if (!file) throw new Error(`the program ${name} is missing: install containerd, runc and the CNI plugins`);
    return file;
  };
  const bridge = await firstExecutable(PLUGIN_FOLDERS.map((folder) => path.join(root, folder, "bridge")));
  if (!bridge) throw new Error(`the CNI plugins are missing in ${PLUGIN_FOLDERS.join(", ")}: install them`);
  await need("containerd-shim-runc-v2");
  const [containerd, ctr, runc] = [await need("containerd"), await need("ctr"), await need("runc")];
  return { root, containerd, ctr, runc, searchPath, plugins: path.dirname(bridge), busybox: await find("busybox") };
}

async function firstExecutable(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (await isExecutable(file)) return file;
  return undefined;
}
