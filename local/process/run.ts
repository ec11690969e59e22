import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Called with every line of either stream, for progress. */
  readonly onLine?: (line: string) => void;
  /** Milliseconds after which the command is killed; unlimited by default. */
  readonly timeout?: number;
  /** Exit codes that are no failure; 0 by default. */
  readonly accept?: readonly number[];
}

/** Runs a command to its end and returns its standard output; a failure throws with the last lines it wrote. */
export async function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.folder,
    env: options.environment ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Not the option of `spawn`: its timer would keep this process alive when the command cannot be started at all.
  const late = options.timeout && setTimeout(() => child.kill("SIGKILL"), options.timeout);
  // What it started may hold its streams open for longer.
  child.once("exit", () => {
    if (!child.killed) return;
    child.stdout.destroy();
    child.stderr.destroy();
  });
  let output = "";
  const recent: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      if (stream === child.stdout) output += chunk;
      for (const line of chunk.split("\n").filter((text) => text.trim() !== "")) {
        recent.push(line);
        if (recent.length > 20) recent.shift();
        options.onLine?.(line);
      }
    });
  }
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit, signal) => resolve(exit ?? signal ?? "unknown"));
  }).finally(() => clearTimeout(late));
  if (!child.killed && (options.accept ?? [0]).some((accepted) => accepted === code)) return output;
  const limit = (options.timeout ?? 0) / 1000;
  const end = child.killed ? `did not end within ${limit} s and was killed` : `ended with ${code}`;
  throw new Error(`${command} ${args[0] ?? ""} ${end}:\n${recent.join("\n")}`);
}
