import { AccessError } from "../errors.ts";
import { type Arguments, type CommandName, parseArguments } from "./arguments.ts";
import type { Command, Surroundings } from "./context.ts";

/** Exit code of a defect, after EX_SOFTWARE of sysexits(3). */
const DEFECT = 70;

/** Loaded when they are asked for: help and refusals of the command line need none of the clients. */
const COMMAND_LOADERS: Readonly<Record<Exclude<CommandName, "help">, () => Promise<Command>>> = {
  plan: async () => (await import("./plan.ts")).planCommand,
  apply: async () => (await import("./apply.ts")).applyCommand,
};

/**
 * Runs one command line and returns its exit code; throws nothing.
 *
 * @param complain writes to standard error
 */
export async function run(
  words: readonly string[],
  surroundings: Surroundings,
  complain: (text: string) => void,
): Promise<number> {
  let parsed: Arguments | undefined;
  try {
    parsed = parseArguments(words);
    if (parsed.command === "help") {
      surroundings.print((await import("./help.ts")).helpText());
      return 0;
    }
    const command = await COMMAND_LOADERS[parsed.command]();
    return await command(surroundings, parsed);
  } catch (error) {
    if (!(error instanceof AccessError)) {
      complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return DEFECT;
    }
    const { kind, message, exitCode } = error;
    complain(message);
    if (parsed?.json) {
      surroundings.print(JSON.stringify({ command: parsed.command, exitCode, error: { kind, message } }));
    }
    return exitCode;
  }
}
