/**
 * Outlives the process that started it just long enough to clean up after it: reads {@link ReaperMessage} lines from
 * standard input, and when the pipe closes without a `done` kills every watched process group, with whatever it started
 * in groups of their own, and runs the clean-up commands. Signals that a terminal sends to everybody (Ctrl-C) are ignored.
 */
import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { killDescendants } from "./descendants.ts";
import type { ReaperMessage } from "./group.ts";

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
  for (const pid of watched) {
    // Only Linux tells who started whom.
    await killDescendants(pid).catch(() => {});
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // it ended by itself
    }
  }
  for (const { command, args } of cleanups) spawnSync(command, args, { stdio: "ignore", timeout: 60_000 });
}
