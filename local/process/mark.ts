import { readdir, readFile } from "node:fs/promises";

/** Variable that says to whom a process belongs that must not outlive them. */
export const OWNER = "LANGFUSE_ACCESS_OWNER";

export interface MarkedProcess {
  readonly pid: number;
  /** Words of its command line, joined by blanks. */
  readonly command: string;
}

/**
 * The living processes that have a variable of this value in the environment they began with, whatever became of those that
 * started them (Linux; none elsewhere).
 */
export async function processesMarked(variable: string, value: string): Promise<MarkedProcess[]> {
  const names = await readdir("/proc").catch(() => []);
  const found = names
    .filter((name) => /^\d+$/.test(name))
    .map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      if (!environment.split("\0").includes(`${variable}=${value}`)) return [];
      // A process that has ended but was not waited for yet has no command line.
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return command === "" ? [] : [{ pid: Number(pid), command: command.replaceAll("\0", " ").trim() }];
    });
  return (await Promise.all(found)).flat();
}
