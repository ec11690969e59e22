import { readFile } from "node:fs/promises";
import path from "node:path";
import type { ProcessGroup, Running } from "../process/group.ts";
import type { Progress } from "../progress.ts";

export interface Component {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the parts of one cluster, each with its own log, and tells when one of them dies before its time. */
export class Components {
  readonly #processes: ProcessGroup;
  readonly #progress: Progress;
  readonly #logs: string;
  #expectedToEnd = false;

  constructor(processes: ProcessGroup, progress: Progress, logs: string) {
    this.#processes = processes;
    this.#progress = progress;
    this.#logs = logs;
  }

  async start(component: Component): Promise<Running> {
    const running = await this.#processes.start({
      command: component.command,
      args: component.args,
      environment: { PATH: process.env.PATH, LC_ALL: "C", ...component.environment },
      log: path.join(this.#logs, `${component.name}.log`),
    });
    running.ended.then(async (result) => {
      if (this.#expectedToEnd) return;
      const end = await lastLines(running.log);
      if (!this.#expectedToEnd) this.#progress.say(`${component.name} ended by itself (${result}):\n${end}`);
    });
    return running;
  }

  /** From here on the end of a component is no news. */
  expectEnd(): void {
    this.#expectedToEnd = true;
  }
}

async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-15).join("\n");
}
