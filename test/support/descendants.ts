import { readdir, readFile } from "node:fs/promises";

/** Environment variable by which everything that one test starts can be recognised, children of children included. */
const MARK = "LANGFUSE_ACCESS_TEST_RUN";

export function markedEnvironment(run: string, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environment, [MARK]: run };
}

/** Command lines of the living processes that carry the mark (Linux). */
export async function markedProcesses(run: string): Promise<string[]> {
  const found = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`${MARK}=${run}`)) continue;
    // A process that has ended but was not waited for yet has no command line.
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command !== "") found.push(`${pid} ${command.replaceAll("\0", " ").trim()}`);
  }
  return found;
}
