import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { OWNER } from "./mark.ts";

/** How long a process may take to end after SIGTERM before it is killed, in milliseconds. */
const GRACE = 10_000;

export interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly folder?: string;
  /** Both output streams go here. */
  readonly log: string;
}

export interface Running {
  readonly pid: number;
  readonly log: string;
  /** Resolves with the exit code, or the signal's name, when the process ends for whatever reason. */
  readonly ended: Promise<number | string>;
  hasEnded(): boolean;
  /** Asks it to end, then kills it and everything it started. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts long-running processes that never outlive this one, not even when it is killed with SIGKILL: each gets its own
 * process group, and a small reaper process that sees our end of a pipe close then kills every group, and everything that
 * has our mark in its environment, and runs the clean-up commands that were registered.
 */
export class ProcessGroup {
  readonly #owner = randomUUID();
  readonly #reaper: ChildProcess;
  readonly #running = new Set<Running>();

  constructor() {
    const reaper = fileURLToPath(new URL("./reaper.ts", import.meta.url));
    this.#reaper = spawn(process.execPath, [reaper, this.#owner], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#reaper.stdin?.on("error", () => {});
    this.#reaper.unref();
  }

  async start(options: StartOptions): Promise<Running> {
    await mkdir(path.dirname(options.log), { recursive: true });
    const log = openSync(options.log, "a");
    const child = spawn(options.command, options.args, {
      cwd: options.folder,
      env: this.mark(options.environment ?? process.env),
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    const ended = new Promise<number | string>((resolve) => {
      child.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
      child.once("error", (error) => resolve(error.message));
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const pid = child.pid as number;
    const forget = this.watch(pid);
    let finished = false;
    ended.then(() => {
      finished = true;
    });
    const running: Running = {
      pid,
      log: options.log,
      ended,
      hasEnded: () => finished,
      stop: async () => {
        signalGroup(pid, "SIGTERM");
        const late = AbortSignal.timeout(GRACE);
        while (!finished && !late.aborted) await sleep(20);
        signalGroup(pid, "SIGKILL");
        forget();
        this.#running.delete(running);
      },
    };
    this.#running.add(running);
    return running;
  }

  /**
   * Environment for a process that is started elsewhere. It is killed with all that it starts when this process dies, also
   * what has lost its parent by then (Linux).
   */
  mark(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return { ...environment, [OWNER]: this.#owner };
  }

  /**
   * Has a process that was started elsewhere, and leads a group, killed with that group when this process dies.
   *
   * @returns to be called when it has ended by itself
   */
  watch(pid: number): () => void {
    this.#tell({ kind: "watch", pid });
    return () => this.#tell({ kind: "forget", pid });
  }

  /** Registers a command the reaper runs when this process dies without calling `stop`; it must be safe to repeat. */
  onAbandoned(command: string, args: readonly string[]): void {
    this.#tell({ kind: "cleanup", command, args });
  }

  /** Stops everything, last started first. */
  async stop(): Promise<void> {
    for (const running of [...this.#running].reverse()) await running.stop();
    this.#tell({ kind: "done" });
    this.#reaper.stdin?.end();
  }

  #tell(message: ReaperMessage): void {
    this.#reaper.stdin?.write(`${JSON.stringify(message)}\n`);
  }
}

export type ReaperMessage =
  | { readonly kind: "watch" | "forget"; readonly pid: number }
  | { readonly kind: "cleanup"; readonly command: string; readonly args: readonly string[] }
  | { readonly kind: "done" };

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** How long a server may take to start, in milliseconds: a quarter of a minute, and much more on a busy machine. */
const READY = 300_000;

/** Waits until `ready` answers true; throws with the end of the log when the process ends or time runs out. */
export async function untilReady(
  running: Running,
  title: string,
  ready: () => Promise<boolean>,
  timeout = READY,
): Promise<void> {
  const late = AbortSignal.timeout(timeout);
  while (!(await ready().catch(() => false))) {
    if (running.hasEnded())
      throw new Error(`${title} ended (${await running.ended}) before it was ready:\n${await tail(running.log)}`);
    if (late.aborted) throw new Error(`${title} was not ready after ${timeout / 1000} s:\n${await tail(running.log)}`);
    await sleep(50);
  }
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").slice(-20).join("\n");
}
