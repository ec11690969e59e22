import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process, so that it can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks since the machine started (proc(5), field 22); empty where there is no /proc. */
  readonly started: string;
}

export function ownIdentity(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, started: startTime(process.pid) };
}

/** Whether the process is certain to have ended; of another machine nothing is certain. */
export function hasEnded({ host, pid, started }: ProcessIdentity): boolean {
  if (host !== hostname()) return false;
  return !isAlive(pid) || startTime(pid) !== started;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process lives all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function startTime(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may hold blanks.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
