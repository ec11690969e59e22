import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { ensureEntry } from "../cache/entry.ts";
import { run } from "../process/run.ts";
import type { Progress } from "../progress.ts";
import { type ImageEntry, writeImage } from "./image.ts";

export const PAUSE_IMAGE = "localhost/pause:1";
/** Node 24 with the libraries it needs and, where there is one, a busybox shell. Nothing to pull: `imagePullPolicy: Never`. */
export const NODE_IMAGE = "localhost/node24:1";

/** Changes when the images are made in another way. */
const RECIPE = "1";

export interface ImageSources {
  readonly pause: string;
  readonly node: string;
  readonly busybox?: string;
}

/** Paths of the OCI archives of {@link PAUSE_IMAGE} and {@link NODE_IMAGE}, made when they are not in the cache. */
export async function ensureImages(sources: ImageSources, progress: Progress): Promise<string[]> {
  const files = [sources.pause, sources.node, sources.busybox ?? ""];
  const inputs = [RECIPE, process.arch, ...(await Promise.all(files.map(fingerprint)))];
  const folder = await ensureEntry(
    { name: "kubernetes-images", inputs },
    (partial) =>
      progress.step("make container images", async () => {
        await writeImage(path.join(partial, "pause.tar"), {
          name: PAUSE_IMAGE,
          config: { Entrypoint: ["/pause"], User: "65535:65535" },
          entries: [{ path: "/pause", source: sources.pause }],
        });
        await writeImage(path.join(partial, "node24.tar"), {
          name: NODE_IMAGE,
          config: { Env: ["PATH=/usr/local/bin:/usr/bin:/bin"], WorkingDir: "/app", Cmd: ["node"], User: "1000:1000" },
          entries: await nodeEntries(sources),
        });
      }),
    { waiting: () => progress.say("waiting for another process that makes the container images") },
  );
  return ["pause.tar", "node24.tar"].map((name) => path.join(folder, name));
}

async function nodeEntries({ node, busybox }: ImageSources): Promise<ImageEntry[]> {
  const libraries = await sharedLibraries(node);
  return [
    { path: "/etc/passwd", text: "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000:node:/app:/bin/sh\n" },
    { path: "/etc/group", text: "root:x:0:\nnode:x:1000:\n" },
    { path: "/etc/nsswitch.conf", text: "hosts: files dns\n" },
    { path: "/tmp", mode: 0o1777 },
    { path: "/app", mode: 0o755 },
    ...libraries.map((library) => ({ path: library, source: library })),
    ...(busybox ? ["/bin/sh", "/bin/busybox"].map((name) => ({ path: name, source: busybox })) : []),
    { path: "/usr/local/bin/node", source: node },
  ];
}

/** Absolute paths of what the dynamic linker would load; none for a static program, of which ldd says so by failing. */
async function sharedLibraries(program: string): Promise<string[]> {
  const listing = await run("ldd", [program], { environment: { ...process.env, LC_ALL: "C" } }).catch(() => "");
  return librariesIn(listing);
}

/** Paths in the output of ldd: `libm.so.6 => /lib/libm.so.6 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`. */
export function librariesIn(listing: string): string[] {
  return listing.split("\n").flatMap((line) => line.match(/(?:=>\s*|^\s*)(\/\S+) \(0x/)?.[1] ?? []);
}

/** Tells versions of a binary apart without reading its hundred megabytes at every start. */
async function fingerprint(file: string): Promise<string> {
  if (!file) return "";
  const real = await realpath(file);
  const { size, mtimeMs } = await stat(real);
  return `${real} ${size} ${mtimeMs}`;
}
