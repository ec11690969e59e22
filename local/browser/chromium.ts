import { constants } from "node:fs";
import { access } from "node:fs/promises";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Names under which distributions and vendors install it. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Starts a real Chromium without a window: the one that `CHROMIUM` names, else an installed one, else the binary that the
 * npm package `@sparticuz/chromium` carries, for machines that have none (Linux on x64).
 */
export async function launchChromium(environment: NodeJS.ProcessEnv = process.env): Promise<Browser> {
  const executablePath = environment.CHROMIUM ?? (await onPath(environment.PATH ?? "")) ?? (await carried());
  // Chromium's own sandbox does not start for root, nor in most containers.
  return await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Unpacked to the folder for temporary files, once. Its own arguments are for one page in one process. */
async function carried(): Promise<string> {
  const { default: binary } = await import("@sparticuz/chromium");
  return await binary.executablePath();
}

async function onPath(folders: string): Promise<string | undefined> {
  for (const folder of folders.split(path.delimiter)) {
    for (const name of NAMES) {
      const file = path.join(folder, name);
      const isThere = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return file;
    }
  }
  return undefined;
}
