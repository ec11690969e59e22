import { readFileSync } from "node:fs";

/**
 * Share of the limit at which a run is ended: what comes between two looks has to fit into the rest, and the kernel ends a
 * process that does not without a word.
 */
const SHARE = 0.92;
/**
 * Milliseconds between two looks, each of which takes some 0.03 ms. An answer from a server near by fills 18 MB in the longer
 * one, more than what is left between the share and the limit of a small container; from half of the limit on it is the shorter.
 */
const INTERVAL = { far: 20, near: 5 } as const;

const MEBIBYTE = 1024 * 1024;

/**
 * Looks after the memory outside of the heap, for which Node has no limit of its own: answers that never end, or buffers
 * that nobody lets go.
 *
 * @param limit bytes that the process may use; undefined, or more than the machine has, is none
 * @param end called once, with what to tell a person
 */
export function watchMemory(limit: number | undefined, end: (message: string) => void): void {
  if (limit === undefined || limit <= 0 || limit > Number.MAX_SAFE_INTEGER) return;
  const look = () => {
    const used = privateMemory();
    if (used < limit * SHARE) {
      setTimeout(look, used < limit / 2 ? INTERVAL.far : INTERVAL.near).unref();
      return;
    }
    end(
      `out of memory: the run uses ${inMebibytes(used)} of the ${inMebibytes(limit)} MiB that its container may use; give it more (in a stack: sync.memory), or spread the organizations over SHARDS; the next run finishes what this one began`,
    );
  };
  setTimeout(look, INTERVAL.far).unref();
}

/** Bytes that the kernel cannot take back: without the program's own files, which count as resident too. */
function privateMemory(): number {
  try {
    const kibibytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // Only Linux tells it so.
  }
  return process.memoryUsage.rss();
}

function inMebibytes(bytes: number): number {
  return Math.round(bytes / MEBIBYTE);
}
