/**
 * Outlives the process that started it just long enough to clean up after it: reads {@link ReaperMessage} lines from
 * standard input, and when the pipe closes without a `done` kills every watched process group, and whatever has the
 * owner's mark, and runs the clean-up commands: `reaper.ts OWNER`. Signals that a terminal sends to everybody (Ctrl-C) are
 * ignored.
 */
import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReaperMessage } from "./group.ts";
import { OWNER, processesMarked } from "./mark.ts";

/** Looks for what is left, a twentieth of a second apart, before it is given up. */
const MOST_LOOKS = 100;

const watched = new Set<number>();
const cleanups: { command: string; args: readonly string[] }[] = [];
let done = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as ReaperMessage;
  if (message.kind === "watch") watched.add(message.pid);
  else if (message.kind === "forget") watched.delete(message.pid);
  else if (message.kind === "cleanup") cleanups.unshift({ command: message.command, args: message.args });
  else done = true;
}

if (!done) {
  // As groups as well: only Linux tells the marks.
  for (const pid of watched) kill(-pid);
  await killMarked();
  for (const { command, args } of cleanups) spawnSync(command, args, { stdio: "ignore", timeout: 60_000 });
}

/** Until none is left: one may start another while the first are looked for. */
async function killMarked(): Promise<void> {
  const [owner = ""] = process.argv.slice(2);
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const left = await processesMarked(OWNER, owner);
    if (left.length === 0) return;
    for (const { pid } of left) kill(pid);
    await sleep(50);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
