import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface ChildResult {
  readonly exitCode: number | null;
  readonly output: string;
  readonly seconds: number;
  /** Most memory the process ever had in RAM, in MiB; only where it was asked for. */
  readonly peakMemory: number;
}

/**
 * Writes the process's own status when it ends. The figure that `wait` gives to the parent is of no use: it starts with
 * the parent's own size.
 */
const STATUS_AT_EXIT =
  'import{readFileSync,writeSync}from"node:fs";process.on("exit",()=>writeSync(3,readFileSync("/proc/self/status")))';

/** Runs Node with these arguments and its peak memory. */
export async function runNode(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  { memory = true }: { readonly memory?: boolean } = {},
): Promise<ChildResult> {
  const started = performance.now();
  const inspection = memory ? ["--import", `data:text/javascript,${encodeURIComponent(STATUS_AT_EXIT)}`] : [];
  const child = spawn(process.execPath, [...inspection, ...args], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit", "pipe"],
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  const status = child.stdio[3];
  if (child.stdout === null) throw new Error("the child has no standard output");
  const [[exitCode], output, said] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout),
    status !== null && status !== undefined && "readable" in status ? text(status) : "",
  ]);
  const seconds = (performance.now() - started) / 1000;
  return { exitCode, output, seconds, peakMemory: Number(/VmHWM:\s+(\d+)/.exec(said)?.[1]) / 1024 };
}
