import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { AccessError } from "./errors.ts";

export interface SyncBundle {
  /** Content of `main.mjs`, which runs as `node main.mjs COMMAND` without anything beside it. */
  readonly text: string;
  /** Of the text, in hexadecimal: a name for this version. */
  readonly sha256: string;
}

/** A ConfigMap holds 1 MiB with everything in it; this leaves room for the rest. In bytes. */
const LARGEST_BUNDLE = 900_000;

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Puts the sync with all its packages into one file. The same sources give the same bytes, wherever the project lies.
 *
 * @throws AccessError `usage` when the file would not fit into a ConfigMap
 */
export async function bundleSync(): Promise<SyncBundle> {
  const { outputFiles } = await build({
    absWorkingDir: PROJECT,
    entryPoints: ["sync-function/main.ts"],
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    target: "node24",
    format: "esm",
    charset: "utf8",
    legalComments: "eof",
    // Some packages are CommonJS and require built-in modules when they run.
    banner: { js: 'import{createRequire as r}from"node:module";const require=r("file:///main.mjs");' },
    logLevel: "silent",
  });
  const text = outputFiles[0]?.text ?? "";
  const size = Buffer.byteLength(text);
  if (size > LARGEST_BUNDLE) {
    throw new AccessError(
      "usage",
      `the bundle of the sync has ${size} bytes, more than the ${LARGEST_BUNDLE} that are sure to fit into a ConfigMap; drop a package`,
    );
  }
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}
