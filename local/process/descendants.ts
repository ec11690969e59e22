import { readdir, readFile } from "node:fs/promises";

/** A process, everything that it started and everything that those started, the eldest first (Linux). */
export async function descendantsOf(pid: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(await readFile(`/proc/${name}/stat`, "utf8").catch(() => ""));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [pid];
  // Grows while it is walked.
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}

/** Kills them all. Each is stopped first, so that none of them notices the end of another, or starts one more. */
export async function killDescendants(pid: number): Promise<void> {
  const family = await descendantsOf(pid);
  for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
    for (const one of family) signalProcess(one, signal);
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself meanwhile.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** The command, in parentheses, may hold blanks and parentheses itself. */
function parentOf(stat: string): number | undefined {
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  return Number.isInteger(parent) ? parent : undefined;
}
