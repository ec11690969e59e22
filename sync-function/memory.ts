import { setFlagsFromString } from "node:v8";

/**
 * What the engine is told before anything is read. A run is short, waits for servers most of the time, and has to
 * fit beside others on a node, so memory counts for more than speed. At ten thousand people they save some 20 MiB of the
 * peak, which docs/benchmarks.md has, and cost 0.1 s of processor time.
 */
const SMALL_HEAP = [
  // The young generation keeps its first size instead of growing to 48 MiB: most rows of a page live for a moment only.
  "--semi-space-growth-factor=1",
  // V8 collects no young objects while it marks old ones, and puts off the end of the marking as long as the program is
  // busy: what deciding about ten thousand people leaves behind in that time was up to 30 MiB.
  "--no-separate-gc-phases",
  "--optimize-for-size",
];
/** A run does not last long enough to earn back what the optimising compilers and their code take. */
const NO_COMPILERS = ["--no-opt", "--no-maglev", "--no-sparkplug"];

/**
 * For the whole process, and so only for one that does nothing else.
 *
 * @param stays whether it serves until it is told to stop; then the same is done again and again, and somebody waits for it
 */
export function preferMemoryToSpeed({ stays = false } = {}): void {
  for (const flag of [...SMALL_HEAP, ...(stays ? [] : NO_COMPILERS)]) setFlagsFromString(flag);
}
