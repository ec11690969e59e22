import { VARIABLES } from "../variables.ts";
import { COMMANDS, FLAGS } from "./arguments.ts";

export function helpText(): string {
  return `Gives the members of an organization in Langfuse the role that their roles in Keycloak stand for.

Usage: node sync-function/main.ts [COMMAND] [FLAG]…

Commands
${columns(Object.entries(COMMANDS))}

Flags
${columns(Object.entries(FLAGS))}

Environment (each also as NAME_FILE, which names a file that holds the value)
${columns(Object.entries(VARIABLES))}

Exit codes
${columns([
  ["0", "in sync, or everything applied"],
  ["2", "plan: something would change"],
  ["3", "a guard refused the run"],
  ["4", "apply: some changes failed or were not attempted"],
  ["5", "a server could not be reached, refused, or was read incompletely; nothing was changed"],
  ["64", "command line or configuration is wrong"],
  ["70", "a defect of this program"],
])}`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join("\n");
}
