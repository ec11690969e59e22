import { AccessError } from "../errors.ts";
import { suggestion } from "../nearest.ts";

export const COMMANDS = {
  plan: "read both sides and show what would change; changes nothing (default)",
  apply: "the same, then change the roles in Langfuse and read them again",
  help: "show this text",
} as const;

export type CommandName = keyof typeof COMMANDS;

export const FLAGS = {
  "--json": "print one JSON document instead of text",
  "--help": "show this text",
} as const;

export interface Arguments {
  readonly command: CommandName;
  readonly json: boolean;
}

/** @throws AccessError `usage` for anything unknown, with what was most likely meant */
export function parseArguments(words: readonly string[]): Arguments {
  const commands: string[] = [];
  const flags = new Set<string>();
  for (const word of words) {
    if (!word.startsWith("-")) commands.push(word);
    else if (word === "-h" || Object.hasOwn(FLAGS, word)) flags.add(word);
    else throw unknown("flag", word, Object.keys(FLAGS));
  }
  const [command = "plan", surplus] = commands;
  if (!isCommand(command)) throw unknown("command", command, Object.keys(COMMANDS));
  if (surplus !== undefined) {
    throw new AccessError("usage", `"${command}" takes no argument "${surplus}"; see --help`);
  }
  const wantsHelp = flags.has("--help") || flags.has("-h");
  return { command: wantsHelp ? "help" : command, json: flags.has("--json") };
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

function unknown(kind: string, word: string, candidates: readonly string[]): AccessError {
  return new AccessError("usage", `unknown ${kind} "${word}"${suggestion(word, candidates)}; see --help`);
}
