import { readFileSync } from "node:fs";
import { link, readFile, unlink, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait between two looks at somebody else's lock, in milliseconds. */
const POLL = 250;

/**
 * Runs `work` while holding an exclusive lock file that names its owner. A lock whose owner is gone (killed, machine
 * restarted) is taken over; `waiting` is called once when somebody else holds it. Two that take over at the same instant
 * may both go on: callers must make their result appear in one step, as `ensureEntry` does by renaming.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, waiting?: () => void): Promise<T> {
  let announced = false;
  while (!(await acquire(file))) {
    if (await ownerIsGone(file)) {
      await unlink(file).catch(() => {});
      continue;
    }
    if (!announced) waiting?.();
    announced = true;
    await sleep(POLL);
  }
  try {
    return await work();
  } finally {
    await unlink(file).catch(() => {});
  }
}

/** Creates the lock with its content in one step: a reader never sees it without an owner. */
async function acquire(file: string): Promise<boolean> {
  const draft = `${file}.${process.pid}.${performance.now()}`;
  await writeFile(draft, `${process.pid} ${startTime(process.pid)}`);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

async function ownerIsGone(file: string): Promise<boolean> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return false;
  const [pid = "", started = ""] = text.split(" ");
  return !isAlive(Number(pid)) || startTime(Number(pid)) !== started;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Start time in clock ticks (proc(5), field 22): tells a process from a later one with the same number. */
function startTime(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
