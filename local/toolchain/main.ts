/** `npm run toolchain`: makes every tool available; `-- --status` only says what is there. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { AccessError, messageOf } from "#sync/errors.ts";
import { cacheFolder } from "../cache/folder.ts";
import { createProgress } from "../progress.ts";
import { ensurePart, sources } from "./toolchain.ts";

const usage = `Usage: npm run toolchain -- [--status]

Makes the Pulumi CLI with its plugins and a Kubernetes available: what is installed and fits is taken, else the
official download, else a build from Go modules (about ten minutes on two cores, once).

  --status   say what is there, which version, where it came from and its size; changes nothing
  --help     this text

  LANGFUSE_ACCESS_CACHE   folder to keep the tools in (default ${cacheFolder()})
  TOOLCHAIN_DOWNLOADS     mirror of the official Pulumi releases, or "off"`;

try {
  const { values } = parseArgs({ options: { status: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) console.log(usage);
  else if (values.status) await status();
  else {
    const progress = createProgress();
    for (const source of sources) await ensurePart(source, progress);
    await status();
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = error instanceof AccessError ? error.exitCode : 1;
}

async function status(): Promise<void> {
  console.log(["PART".padEnd(28), "VERSION".padEnd(10), "ORIGIN".padEnd(12), "SIZE".padStart(9), " FOLDER"].join(""));
  for (const source of sources) {
    const part = await source.find();
    const size = part ? `${Math.round((await folderSize(part.folder)) / 1e6)} MB` : "";
    const cells = [source.name.padEnd(28), (part?.version ?? source.version).padEnd(10)];
    console.log(
      [...cells, (part?.origin ?? "missing").padEnd(12), size.padStart(9), ` ${part?.folder ?? ""}`].join(""),
    );
  }
}

async function folderSize(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(path.join(folder, name))).size;
  return bytes;
}
