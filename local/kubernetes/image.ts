import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { type TarEntry, tar } from "./tar.ts";

/** What goes into an image at `path` (absolute): a file of this machine, a text, or an empty folder. */
export type ImageEntry =
  | { readonly path: string; readonly source: string }
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly mode: number };

export interface Image {
  /** For example `localhost/pause:1`. */
  readonly name: string;
  /** `config` of the OCI image configuration: User, Env, Entrypoint and so on. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly entries: readonly ImageEntry[];
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

/** Writes an image with one uncompressed layer as an OCI archive, which containerd imports without any registry. */
export async function writeImage(file: string, image: Image): Promise<void> {
  const platform = { architecture: ARCHITECTURES[process.arch] ?? process.arch, os: "linux" };
  const layer = blob(tar(await layerEntries(image.entries)));
  const configuration = json({
    ...platform,
    config: image.config,
    rootfs: { type: "layers", diff_ids: [layer.digest] },
    history: [{ created_by: "langfuse-access" }],
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: reference("application/vnd.oci.image.config.v1+json", configuration),
    layers: [reference("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  const index = json({
    schemaVersion: 2,
    manifests: [
      {
        ...reference("application/vnd.oci.image.manifest.v1+json", manifest),
        platform,
        annotations: { "io.containerd.image.name": image.name },
      },
    ],
  });
  const member = (path: string, { content }: Blob) => ({ path, mode: 0o644, content });
  const archive = tar([
    member("oci-layout", json({ imageLayoutVersion: "1.0.0" })),
    member("index.json", index),
    ...[layer, configuration, manifest].map((each) => member(`blobs/${each.digest.replace(":", "/")}`, each)),
  ]);
  await writeFile(file, archive);
}

interface Blob {
  readonly content: readonly Buffer[];
  readonly digest: string;
  readonly size: number;
}

function blob(content: readonly Buffer[]): Blob {
  const hash = createHash("sha256");
  for (const piece of content) hash.update(piece);
  const size = content.reduce((total, piece) => total + piece.length, 0);
  return { content, digest: `sha256:${hash.digest("hex")}`, size };
}

function json(value: unknown): Blob {
  return blob([Buffer.from(JSON.stringify(value))]);
}

function reference(mediaType: string, { digest, size }: Blob) {
  return { mediaType, digest, size };
}

/** Every folder comes before what lies in it, and once. */
async function layerEntries(entries: readonly ImageEntry[]): Promise<TarEntry[]> {
  const folders = new Set<string>();
  const result: TarEntry[] = [];
  for (const entry of entries) {
    const path = entry.path.replace(/^\/+/, "");
    for (let cut = path.indexOf("/"); cut > 0; cut = path.indexOf("/", cut + 1)) {
      const folder = path.slice(0, cut);
      if (!folders.has(folder)) result.push({ path: folder, mode: 0o755 });
      folders.add(folder);
    }
    if ("source" in entry) {
      const mode = (await stat(entry.source)).mode & 0o111 ? 0o755 : 0o644;
      result.push({ path, mode, content: [await readFile(entry.source)] });
    } else if ("text" in entry) result.push({ path, mode: 0o644, content: [Buffer.from(entry.text)] });
    else {
      result.push({ path, mode: entry.mode });
      folders.add(path);
    }
  }
  return result;
}
