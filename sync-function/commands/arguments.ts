import { AccessError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import { COMMANDS, type CommandName, type Definition, GENERAL_FLAGS } from "./definitions.ts";

/** A command line, understood. */
export interface Arguments {
  readonly command: CommandName;
  /** Whether the text about the command was asked for instead of the command. */
  readonly help: boolean;
  readonly json: boolean;
  /** What stands behind the command, such as an address; as many as the command takes. */
  readonly operands: readonly string[];
  /** Values by flag in the order given; a flag without value has one empty text for each time it is given. */
  readonly flags: Readonly<Record<string, readonly string[]>>;
}

/** The last value of a flag; undefined when it was not given. */
export function flagValue({ flags }: Pick<Arguments, "flags">, flag: string): string | undefined {
  return flags[flag]?.at(-1);
}

/** All values of a flag that may be repeated. */
export function flagValues({ flags }: Pick<Arguments, "flags">, flag: string): readonly string[] {
  return flags[flag] ?? [];
}

export function hasFlag({ flags }: Pick<Arguments, "flags">, flag: string): boolean {
  return flags[flag] !== undefined;
}

/**
 * Flags may stand anywhere; a value follows its flag as the next word or behind `=`.
 *
 * @throws AccessError `usage` for anything unknown, with what was most likely meant
 */
export function parseArguments(words: readonly string[]): Arguments {
  const command = commandOf(words);
  const definition: Definition = COMMANDS[command];
  const known: Definition["flags"] = { ...GENERAL_FLAGS, ...definition.flags };
  const operands: string[] = [];
  const flags: Record<string, readonly string[]> = {};
  const queue = words.values();
  for (const word of queue) {
    if (!word.startsWith("-")) {
      operands.push(word);
      continue;
    }
    const { flag, attached } = splitFlag(word === "-h" ? "--help" : word);
    const meaning = Object.hasOwn(known, flag) ? known[flag] : undefined;
    if (meaning === undefined) throw unknown("flag", flag, Object.keys(known));
    const value = meaning.value === undefined ? "" : (attached ?? queue.next().value);
    if (value === undefined || (meaning.value !== undefined && value === "")) {
      throw new AccessError("usage", `"${flag}" needs a value ${meaning.value}; see ${command} --help`);
    }
    if (meaning.value === undefined && attached !== undefined) {
      throw new AccessError("usage", `"${flag}" takes no value "${attached}"; see ${command} --help`);
    }
    flags[flag] = [...(flags[flag] ?? []), value];
  }
  // The first operand is the command itself, where it was given.
  if (operands[0] === command) operands.shift();
  const help = command === "help" || flags["--help"] !== undefined;
  const parsed = { command, help, json: flags["--json"] !== undefined, operands, flags };
  if (help) return parsed;
  const surplus = operands[definition.operands.length + (definition.optional?.length ?? 0)];
  if (surplus !== undefined) throw new AccessError("usage", `"${command}" takes no argument "${surplus}"; see --help`);
  const missing = definition.operands[operands.length];
  if (missing !== undefined) {
    throw new AccessError("usage", `"${command}" needs ${missing}; for example: ${definition.example}`);
  }
  return parsed;
}

/** The first word that is neither a flag nor the value of one. */
function commandOf(words: readonly string[]): CommandName {
  const valued = new Set(
    [GENERAL_FLAGS, ...Object.values<Definition>(COMMANDS).map(({ flags }) => flags)].flatMap((flags) =>
      Object.entries(flags).flatMap(([flag, { value }]) => (value === undefined ? [] : [flag])),
    ),
  );
  const word = words.find((candidate, position) => {
    const previous = words[position - 1];
    return !candidate.startsWith("-") && (previous === undefined || !valued.has(previous));
  });
  if (word === undefined) return "plan";
  if (!isCommand(word)) throw unknown("command", word, Object.keys(COMMANDS));
  return word;
}

function splitFlag(word: string): { flag: string; attached: string | undefined } {
  const equals = word.indexOf("=");
  return equals < 0
    ? { flag: word, attached: undefined }
    : { flag: word.slice(0, equals), attached: word.slice(equals + 1) };
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

function unknown(kind: string, word: string, candidates: readonly string[]): AccessError {
  return new AccessError("usage", `unknown ${kind} "${word}"${suggestion(word, candidates)}; see --help`);
}
