import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AccessError, messageOf } from "#sync/errors.ts";
import { run } from "../process/run.ts";

/** How long the first answer of a download site may take before the tool is built instead, in milliseconds. */
const CONNECT = 3_000;
/** How long a whole download may take, in milliseconds. */
const TRANSFER = 300_000;

/** Official sites; `TOOLCHAIN_DOWNLOADS` names a mirror with the same paths, or `off`. */
const pulumiSite = "https://get.pulumi.com/releases";

const platform = process.platform === "win32" ? "windows" : process.platform;

export function pulumiArchive(version: string): string {
  return `/sdk/pulumi-v${version}-${platform}-${process.arch}.tar.gz`;
}

export function pluginArchive(name: string, version: string): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return `/plugins/pulumi-resource-${name}-v${version}-${platform}-${architecture}.tar.gz`;
}

/**
 * Unpacks an official archive into `folder`. Answers false when the site is out of reach or does not have it; a
 * download that breaks off throws.
 */
export async function downloadArchive(
  file: string,
  folder: string,
  { environment = process.env, patience = CONNECT }: { environment?: NodeJS.ProcessEnv; patience?: number } = {},
): Promise<boolean> {
  const site = environment.TOOLCHAIN_DOWNLOADS ?? pulumiSite;
  if (site === "off") return false;
  const transfer = new AbortController();
  const connect = setTimeout(() => transfer.abort(), patience);
  const answer = await fetch(`${site}${file}`, { signal: transfer.signal }).catch(() => undefined);
  clearTimeout(connect);
  if (!answer?.ok || !answer.body) return false;
  const archive = path.join(folder, "archive.tar.gz");
  const late = AbortSignal.timeout(TRANSFER);
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(archive), { signal: late }).catch((error) => {
    throw new AccessError(
      "unreachable",
      `The download of ${path.posix.basename(file)} broke off (${messageOf(error)}). Repeat it, or set TOOLCHAIN_DOWNLOADS to "off" to build the tool.`,
      { cause: error },
    );
  });
  await run("tar", ["-xzf", archive, "-C", folder]);
  await rm(archive);
  return true;
}
