import { VARIABLES } from "../variables.ts";
import type { Command } from "./context.ts";
import { COMMANDS, type CommandName, type Definition, GENERAL_FLAGS } from "./definitions.ts";

/** What somebody does on the first day, in this order. */
const EXAMPLES = ["doctor", "plan", "apply", "explain"] as const satisfies readonly CommandName[];

const PROGRAM = "node sync-function/main.ts";

export const helpCommand: Command = async ({ print }) => {
  print(helpText());
  return 0;
};

export function helpText(): string {
  return `Gives the members of organizations in Langfuse the roles that their roles in Keycloak stand for.

Usage: ${PROGRAM} [COMMAND] [FLAG]…

Commands
${columns(Object.entries<Definition>(COMMANDS).map(([name, { summary, operands }]) => [[name, ...operands].join(" "), summary]))}

Flags of every command
${columns(flagRows(GENERAL_FLAGS))}

Environment (each also as NAME_FILE, which names a file that holds the value)
${columns(Object.entries(VARIABLES))}

Examples
${EXAMPLES.map((name) => `  ${PROGRAM} ${COMMANDS[name].example}`).join("\n")}

Exit codes
${columns([
  ["0", "in sync, or everything applied"],
  ["2", "plan, check: something would change, or a guard would refuse it"],
  ["3", "a guard refused the run, or the plan was no longer true; nothing was changed"],
  ["4", "apply: some changes failed or were not attempted"],
  ["5", "a server could not be reached, refused, or was read incompletely; nothing was changed"],
  ["64", "command line or configuration is wrong"],
  ["70", "a defect of this program"],
])}`;
}

/** What `COMMAND --help` shows. */
export function commandHelp(name: CommandName): string {
  if (name === "help") return helpText();
  const { summary, operands, optional = [], flags, variables, example }: Definition = COMMANDS[name];
  return `${name}: ${summary}

Usage: ${[PROGRAM, name, ...operands, ...optional.map((word) => `[${word}]`)].join(" ")} [FLAG]…

Flags
${columns(flagRows({ ...flags, ...GENERAL_FLAGS }))}
${variables === undefined ? "" : `\nEnvironment of its own\n${columns(Object.entries(variables))}\n`}
Example
  ${PROGRAM} ${example}

Environment and exit codes: ${PROGRAM} --help`;
}

function flagRows(flags: Definition["flags"]): readonly (readonly [string, string])[] {
  return Object.entries(flags).map(([flag, { value, meaning }]) => [
    value === undefined ? flag : `${flag} ${value}`,
    meaning,
  ]);
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join("\n");
}
