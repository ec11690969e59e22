import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../sync-function/main.ts", import.meta.url));

export interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Starts the sync in a process of its own, with this environment and no other. */
export function startProgram(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    // Nothing of a test outlives it.
    timeout: 200_000,
    killSignal: "SIGKILL",
  });
  const ended = Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]).then(
    ([[exitCode], output, errors]: [unknown[], string, string]) => ({
      exitCode: typeof exitCode === "number" ? exitCode : null,
      output,
      errors,
    }),
  );
  return { child, ended };
}
