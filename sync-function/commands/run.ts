import { AccessError, DEFECT_EXIT_CODE } from "../errors.ts";
import { type Arguments, parseArguments } from "./arguments.ts";
import type { Surroundings } from "./context.ts";
import { COMMANDS, type Definition } from "./definitions.ts";

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
    if (parsed.help) {
      const { commandHelp, helpText } = await import("./help.ts");
      const isAboutOne = words.some((word) => !word.startsWith("-"));
      surroundings.print(isAboutOne ? commandHelp(parsed.command) : helpText());
      return 0;
    }
    const { load, stays = false }: Definition = COMMANDS[parsed.command];
    await surroundings.prepare?.({ stays });
    const command = await load();
    return await command(surroundings, parsed);
  } catch (error) {
    if (!(error instanceof AccessError)) {
      complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return DEFECT_EXIT_CODE;
    }
    const { kind, message, exitCode } = error;
    complain(message);
    if (parsed?.json) {
      surroundings.print(JSON.stringify({ command: parsed.command, exitCode, error: { kind, message } }));
    }
    return exitCode;
  }
}
