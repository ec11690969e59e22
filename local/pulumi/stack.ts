import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parse as parseYaml, stringify as stringifyYaml } from "yaml";
import { killDescendants } from "../process/descendants.ts";
import { type ProcessGroup, signalGroup } from "../process/group.ts";
import type { Progress } from "../progress.ts";
import { pulumiEnvironment } from "../toolchain/toolchain.ts";

/** Folder of the program. */
export const programFolder = fileURLToPath(new URL("../../", import.meta.url));

const nodeProcess = new URL("./node-process.ts", import.meta.url).href;

/** Number of resources by what happened to them: `create`, `same`, `update`, `delete` … */
export type Changes = Readonly<Record<string, number>>;

/** What happened to one resource. */
export interface Step {
  /** `create`, `same`, `update`, `delete`, `create-replacement`, `delete-replaced` … */
  readonly operation: string;
  /** Last part of the type, such as `Membership`. */
  readonly type: string;
  readonly name: string;
}

export interface Outcome {
  readonly exitCode: number;
  /** What a person would have seen, both streams. */
  readonly output: string;
  readonly changes: Changes;
  /** In the order in which the engine began them, those that changed nothing among them. */
  readonly steps: readonly Step[];
}

export interface StackOptions {
  readonly name: string;
  /** Folder for state, configuration and the CLI's own home; beside it only Node's cache of compiled code is written. */
  readonly folder: string;
  readonly progress: Progress;
  /** Configuration without secrets: a JSON value for each key. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly environment?: NodeJS.ProcessEnv;
  /** Folder of the program; default this project's own. */
  readonly program?: string;
  /** Ends the command that is running, as Ctrl-C would; a later one is not begun. */
  readonly signal?: AbortSignal;
  /** Sees to it that the command that is running does not outlive this process. */
  readonly processes?: ProcessGroup;
}

/** Longest that one engine command may take, in milliseconds. */
const COMMAND_TIMEOUT = 600_000;

/** One stack of the program on the real engine, with a file backend of its own. */
export class Stack {
  readonly #options: StackOptions;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #configuration: string;
  readonly #state: string;
  #commands = 0;
  #running: ChildProcess | undefined;

  private constructor(options: StackOptions, environment: NodeJS.ProcessEnv) {
    this.#options = options;
    this.#environment = environment;
    this.#configuration = path.join(options.folder, `Pulumi.${options.name}.yaml`);
    this.#state = path.join(options.folder, "state", ".pulumi");
  }

  static async create(options: StackOptions): Promise<Stack> {
    await mkdir(options.folder, { recursive: true });
    const base = await pulumiEnvironment(options.folder, options.progress, "local stacks only");
    const { NODE_OPTIONS: own = "", ...more } = options.environment ?? {};
    const environment = {
      ...base,
      // The flag --event-log counts as a debugging aid.
      PULUMI_DEBUG_COMMANDS: "true",
      NODE_OPTIONS: [base.NODE_OPTIONS, `--import ${nodeProcess}`, own].filter(Boolean).join(" "),
      ...more,
    };
    const stack = new Stack(options, environment);
    // A project of the same name, so that the stack's configuration is written here and not beside the program.
    await writeFile(path.join(options.folder, "Pulumi.yaml"), "name: langfuse-access\nruntime: nodejs\n");
    await stack.#mustRun(["stack", "init", options.name]);
    await stack.configure(options.settings);
    for (const [key, value] of Object.entries(options.secrets)) await stack.setSecret(key, value);
    return stack;
  }

  /** Replaces the settings; secrets stay. */
  async configure(settings: Readonly<Record<string, unknown>>): Promise<void> {
    const file = parseYaml(await readFile(this.#configuration, "utf8")) as StackFile;
    const isSecret = ([key]: [string, unknown]) => key.replace(/^.*:/, "") in this.#options.secrets;
    const secrets = Object.entries(file.config ?? {}).filter(isSecret);
    const plain = Object.entries(settings).map(([key, value]) => [`langfuse-access:${key}`, value]);
    await writeFile(
      this.#configuration,
      stringifyYaml({ ...file, config: Object.fromEntries([...plain, ...secrets]) }),
    );
  }

  /** The value goes through standard input: arguments are visible to everybody on the machine. */
  async setSecret(key: string, value: string): Promise<void> {
    await this.#mustRun(["config", "set", "--secret", key], value);
  }

  preview(args: readonly string[] = []): Promise<Outcome> {
    return this.#engine(["preview", "--diff", ...args]);
  }

  /** @param environment beside that of the stack, for this run alone */
  up(args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return this.#engine(["up", "--yes", "--skip-preview", ...args], environment);
  }

  refresh(args: readonly string[] = []): Promise<Outcome> {
    return this.#engine(["refresh", "--yes", "--skip-preview", ...args]);
  }

  /** @param environment as for `up` */
  destroy(args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return this.#engine(["destroy", "--yes", "--skip-preview", ...args], environment);
  }

  /** Kills the command that is running and everything it started, as a machine that loses its power would. */
  async kill(): Promise<void> {
    if (this.#running?.pid !== undefined) await killDescendants(this.#running.pid);
  }

  /**
   * Makes the stack usable again after `kill`, as a person would: `pulumi cancel` removes the lock. The state itself is
   * replaced as a whole, but the engine cannot read it beside a list of its attributes that was cut off.
   */
  async recover(): Promise<void> {
    await rm(path.join(this.#state, "locks"), { recursive: true, force: true });
    const attributes = path.join(this.#state, "stacks", "langfuse-access", `${this.#options.name}.json.attrs`);
    if (!isJson(await readFile(attributes, "utf8").catch(() => ""))) await rm(attributes, { force: true });
  }

  async outputs(options: { readonly showSecrets?: boolean } = {}): Promise<Record<string, unknown>> {
    const secrets = options.showSecrets ? ["--show-secrets"] : [];
    return JSON.parse(await this.#mustRun(["stack", "output", "--json", ...secrets])) as Record<string, unknown>;
  }

  /** All that is stored of it, the states and settings of former runs included; or the state with its secrets decrypted. */
  async export({ showSecrets = false }: { readonly showSecrets?: boolean } = {}): Promise<string> {
    if (showSecrets) return await this.#mustRun(["stack", "export", "--show-secrets"]);
    const entries = await readdir(this.#state, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((file) => path.join(file.parentPath, file.name));
    return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
  }

  async #engine(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    this.#commands += 1;
    const log = path.join(this.#options.folder, `events-${this.#commands}.json`);
    const flags = ["--config-file", this.#configuration, "--non-interactive", "--color", "never", "--event-log", log];
    const folder = this.#options.program ?? programFolder;
    const { exitCode, output, errors } = await this.#run(folder, [...args, ...flags], "", environment);
    const events = eventsOf(await readFile(log, "utf8").catch(() => ""));
    await rm(log, { force: true });
    return { exitCode, output: output + errors, changes: changesOf(events), steps: stepsOf(events) };
  }

  async #mustRun(args: readonly string[], input?: string): Promise<string> {
    const { exitCode, output, errors } = await this.#run(this.#options.folder, args, input);
    if (exitCode === 0) return output;
    throw new Error(`pulumi ${args.slice(0, 2).join(" ")} ended with ${exitCode}:\n${errors}`);
  }

  async #run(
    folder: string,
    args: readonly string[],
    input = "",
    environment: NodeJS.ProcessEnv = {},
  ): Promise<{ exitCode: number; output: string; errors: string }> {
    this.#options.signal?.throwIfAborted();
    const stack = args[1] === "init" ? [] : ["--stack", this.#options.name];
    const own = { ...this.#environment, ...environment };
    const child = spawn("pulumi", [...args, ...stack], {
      cwd: folder,
      env: this.#options.processes?.mark(own) ?? own,
      // A group of its own: Ctrl-C reaches it through us, once, so that the engine can end in order.
      detached: true,
    });
    this.#running = child;
    const forget = child.pid === undefined ? undefined : this.#options.processes?.watch(child.pid);
    const late = setTimeout(() => child.pid !== undefined && signalGroup(child.pid, "SIGKILL"), COMMAND_TIMEOUT);
    const interrupt = () => child.pid !== undefined && signalGroup(child.pid, "SIGINT");
    this.#options.signal?.addEventListener("abort", interrupt, { once: true });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    // One that ends before it has read, as an interrupted one may, is told by its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 130));
    }).finally(() => clearTimeout(late));
    this.#running = undefined;
    forget?.();
    this.#options.signal?.removeEventListener("abort", interrupt);
    return { exitCode, output, errors };
  }
}

interface StackFile {
  readonly config?: Readonly<Record<string, unknown>>;
}

/** The part of the engine's events that is read here. */
interface EngineEvent {
  readonly summaryEvent?: { readonly resourceChanges?: Changes };
  readonly resourcePreEvent?: {
    readonly metadata: { readonly op: string; readonly urn: string; readonly type: string };
  };
}

/** A command that was killed leaves half a line. */
function eventsOf(log: string): EngineEvent[] {
  return log.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as EngineEvent];
    } catch {
      return [];
    }
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The engine's own count. */
function changesOf(events: readonly EngineEvent[]): Changes {
  return events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent?.resourceChanges ?? {};
}

function stepsOf(events: readonly EngineEvent[]): Step[] {
  return events.flatMap(({ resourcePreEvent }) => {
    if (!resourcePreEvent) return [];
    const { op, urn, type } = resourcePreEvent.metadata;
    const [, lastOfType = type] = /[:/]([^:/]+)$/.exec(type) ?? [];
    return [{ operation: op, type: lastOfType, name: urn.split("::").at(-1) ?? "" }];
  });
}
