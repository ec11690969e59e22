import { createHash } from "node:crypto";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
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
    // One letter beyond Latin-1 would make Node keep and read the whole text in two bytes a letter: a tenth of the start.
    charset: "ascii",
    legalComments: "eof",
    // Some packages are CommonJS and require built-in modules when they run.
    banner: { js: 'import{createRequire as r}from"node:module";const require=r("file:///main.mjs");' },
    plugins: [lazyBuiltins, englishOnly, withoutMimeTypes],
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

/** Loads Node's own modules when they are used: all of them at the start would double the time of `--help`. */
const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup(build) {
    const names = new Set(builtinModules);
    build.onResolve({ filter: /^(node:)?[a-z]/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, "");
      return kind === "import-statement" && names.has(name) ? { path: name, namespace: "builtin" } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = require("node:${path}");`,
    }));
  },
};

/** A third of the file would be messages of zod in fifty languages, which nobody chooses here. */
const englishOnly: Plugin = {
  name: "english-only",
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      resolveDir: `${PROJECT}node_modules/zod/v4/locales`,
    }));
  },
};

/** The names of all media types, a fifth of the file, are there for uploads of forms, of which the sync makes none. */
const withoutMimeTypes: Plugin = {
  name: "without-mime-types",
  setup(build) {
    build.onLoad({ filter: /[\\/]mime-db[\\/]db\.json$/ }, () => ({ contents: "{}", loader: "json" }));
  },
};
