import { createWriteStream } from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AccessError, messageOf } from "#sync/errors.ts";
import { type CacheEntry, ensureEntry, entryExists, entryFolder } from "../cache/entry.ts";
import { run } from "../process/run.ts";
import type { Progress } from "../progress.ts";

/** The Keycloak that local servers run when nothing else is asked for. */
export const KEYCLOAK_VERSION = "26.7.5";

/** Official releases; `KEYCLOAK_DOWNLOADS` names a mirror with the same paths, or `off`. */
const releases = "https://github.com/keycloak/keycloak/releases/download";
/** How long the first answer of the download site may take, in milliseconds. */
const CONNECT = 3_000;
/** How long the archive itself may take, in milliseconds. */
const TRANSFER = 600_000;

/** An unpacked Keycloak that nobody has started or built yet, or that somebody else owns: only read from it. */
export interface Distribution {
  readonly folder: string;
  readonly version: string;
}

/**
 * An unpacked Keycloak of `version`, from the cache, the official download or Maven, in this order. `KEYCLOAK_DIST`
 * names an unpacked folder that is used instead, unless another version than its own is asked for.
 *
 * @throws AccessError `usage` when `KEYCLOAK_DIST` is not a Keycloak, or when no source has the version.
 */
export async function findDistribution(
  version: string | undefined,
  progress: Progress,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Distribution> {
  const given = environment.KEYCLOAK_DIST;
  if (given) {
    const own = await versionOf(given);
    if (!version || own === version) return { folder: path.resolve(given), version: own };
  }
  const wanted = version ?? KEYCLOAK_VERSION;
  const folder = await ensureEntry(
    distributionEntry(wanted),
    (target) => progress.step(`Keycloak ${wanted}`, (note) => fetchDistribution(wanted, target, note, environment)),
    { waiting: () => progress.say(`  another process fetches Keycloak ${wanted}, waiting`) },
  );
  return { folder, version: wanted };
}

const distributionEntry = (version: string): CacheEntry => ({ name: "keycloak-distribution", inputs: [version] });

/** Which source a kept distribution came from, beside its own files. */
const originFile = ".origin";

/** What an earlier fetch left, and where that had it from; fetches nothing. */
export async function keptDistribution(
  version: string = KEYCLOAK_VERSION,
): Promise<(Distribution & { readonly origin: string }) | undefined> {
  const entry = distributionEntry(version);
  if (!(await entryExists(entry))) return undefined;
  const folder = entryFolder(entry);
  const origin = await readFile(path.join(folder, originFile), "utf8").catch(() => "kept");
  return { folder, version, origin };
}

/** The archive's `version.txt` reads `Keycloak - Version 26.7.5`. */
async function versionOf(folder: string): Promise<string> {
  const text = await readFile(path.join(folder, "version.txt"), "utf8").catch(() => "");
  const version = /Version (\S+)/.exec(text)?.[1];
  if (version) return version;
  throw new AccessError(
    "usage",
    `KEYCLOAK_DIST is ${JSON.stringify(folder)}, where no Keycloak is unpacked (its version.txt is missing); ` +
      "name the folder that holds bin, conf and lib, or unset it",
  );
}

async function fetchDistribution(
  version: string,
  target: string,
  note: (text: string) => void,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const archive = path.join(target, "keycloak.zip");
  const site = environment.KEYCLOAK_DOWNLOADS ?? releases;
  const failures: string[] = [];
  const sources = {
    download: () => download(`${site}/${version}/keycloak-${version}.zip`, archive),
    Maven: () => copyWithMaven(version, target, archive),
  };
  for (const [name, source] of Object.entries(sources)) {
    note(name);
    try {
      await source();
      note("unpacking");
      await unzip(archive, target);
      await rm(archive);
      await liftUp(path.join(target, `keycloak-${version}`), target);
      await writeFile(path.join(target, originFile), name);
      return;
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new AccessError(
    "usage",
    `Keycloak ${version} could not be fetched. Allow its download, install Maven, ` +
      `or unpack it yourself and name the folder in KEYCLOAK_DIST. Tried:\n  ${failures.join("\n  ")}`,
  );
}

async function download(url: string, archive: string): Promise<void> {
  if (url.startsWith("off/")) throw new Error("switched off by KEYCLOAK_DOWNLOADS");
  const impatience = new AbortController();
  const timer = setTimeout(() => impatience.abort(new Error(`no answer within ${CONNECT / 1000} s`)), CONNECT);
  const answer = await fetch(url, { signal: impatience.signal }).finally(() => clearTimeout(timer));
  if (!answer.ok || !answer.body) throw new Error(`${answer.status} ${answer.statusText}`);
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(archive), { signal: AbortSignal.timeout(TRANSFER) });
}

/** Runs in `target`, so that neither a `pom.xml` nor a `.mvn` folder of the caller's directory has a say. */
async function copyWithMaven(version: string, target: string, archive: string): Promise<void> {
  const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:zip`;
  await run(
    "mvn",
    ["--batch-mode", "--quiet", "dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${target}`],
    { folder: target, timeout: TRANSFER },
  );
  await rename(path.join(target, `keycloak-quarkus-dist-${version}.zip`), archive);
}

async function unzip(archive: string, target: string): Promise<void> {
  try {
    await run("unzip", ["-q", "-o", archive, "-d", target]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await run("python3", ["-m", "zipfile", "-e", archive, target]);
  }
}

async function liftUp(folder: string, target: string): Promise<void> {
  for (const name of await readdir(folder)) await rename(path.join(folder, name), path.join(target, name));
  await rm(folder, { recursive: true });
}
