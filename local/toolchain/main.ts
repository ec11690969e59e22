/** `npm run toolchain`: makes every tool available; `-- --status` only says what is there. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { cacheFolder } from "../cache/folder.ts";
import { runCommand } from "../command-line.ts";
import { KEYCLOAK_VERSION, keptDistribution } from "../keycloak/distribution.ts";
import { JAVA_MINIMUM, keptJava } from "../keycloak/java.ts";
import { prepareKeycloak } from "../keycloak/preparation.ts";
import { ProcessGroup } from "../process/group.ts";
import { createProgress } from "../progress.ts";
import { ensurePart, sources } from "./toolchain.ts";

const usage = `Usage: npm run toolchain -- [--status]

Makes the Pulumi CLI with its plugins, a Kubernetes, a Java and a Keycloak available: what is installed and fits is taken,
else the official download, else a build from packages (about ten minutes on two cores, once).

  --status   say what is there, which version, where it came from and its size; changes nothing
  --help     this text

  LANGFUSE_ACCESS_CACHE   folder to keep the tools in (default ${cacheFolder()})
  TOOLCHAIN_DOWNLOADS     mirror of the official Pulumi releases, or "off"
  KEYCLOAK_DOWNLOADS      mirror of the official Keycloak releases, or "off"
  KEYCLOAK_DIST           folder of an unpacked Keycloak to use instead
  LOCAL_JAVA              "installed" or "bundled", to allow one of the two only`;

await runCommand(async () => {
  const { values } = parseArgs({ options: { status: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (!values.status) await makeAvailable();
  await status();
  return 0;
});

async function makeAvailable(): Promise<void> {
  const progress = createProgress();
  const processes = new ProcessGroup();
  try {
    for (const source of sources) await ensurePart(source, progress);
    await prepareKeycloak({ processes, progress });
  } finally {
    await processes.stop();
  }
}

/** One line of the listing; a part without folder is missing. */
interface Row {
  readonly name: string;
  readonly version: string;
  readonly origin?: string;
  readonly folder?: string;
}

async function status(): Promise<void> {
  const rows: Row[] = [];
  for (const source of sources) rows.push((await source.find()) ?? { name: source.name, version: source.version });
  const java = await keptJava();
  rows.push({ name: "java", version: java?.version ?? `${JAVA_MINIMUM}+`, origin: java?.source, folder: java?.home });
  rows.push({ name: "keycloak", version: KEYCLOAK_VERSION, ...(await keptDistribution()) });
  console.log(line("PART", "VERSION", "ORIGIN", "SIZE", "FOLDER"));
  for (const { name, version, origin = "missing", folder } of rows) {
    const size = folder ? `${Math.round((await folderSize(folder)) / 1e6)} MB` : "";
    console.log(line(name, version, origin, size, folder ?? ""));
  }
}

function line(name: string, version: string, origin: string, size: string, folder: string): string {
  return `${name.padEnd(28)}${version.padEnd(12)}${origin.padEnd(12)}${size.padStart(7)}  ${folder}`.trimEnd();
}

async function folderSize(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
