import { readFile } from "node:fs/promises";
import { parseDocument } from "../configuration/document-text.ts";
import { rulesOf } from "../configuration/organizations.ts";
import { AccessError, EXIT_CODES, messageOf } from "../errors.ts";
import { type Finding, lint } from "../roles/lint.ts";
import type { Command } from "./context.ts";

/** Looks at the file alone: no key is needed and nothing is contacted. */
export const lintCommand: Command = async ({ print }, { operands, json }) => {
  const [file = ""] = operands;
  const parsed = parseDocument(await read(file));
  if ("problems" in parsed) {
    throw new AccessError("usage", parsed.problems.map((problem) => `${file}: ${problem}`).join("\n"));
  }
  const { organizations, defaults = {} } = parsed;
  const names = new Map(organizations.map(({ id, name }) => [id, name ?? id]));
  const findings = lint(organizations.map((organization) => rulesOf(organization, defaults)));
  const exitCode = findings.some(({ severity }) => severity === "error") ? EXIT_CODES.usage : 0;
  print(json ? JSON.stringify({ command: "lint", exitCode, file, findings }) : text(file, findings, names));
  return exitCode;
};

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new AccessError("usage", `${file} cannot be read (${messageOf(error)}); name a file for SYNC_CONFIG`);
  }
}

function text(file: string, findings: readonly Finding[], names: ReadonlyMap<string, string>): string {
  const count = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  return [
    ...findings.map(
      ({ severity, code, organization, message }) =>
        `${severity.padEnd(7)}  ${names.get(organization) ?? organization}: ${code}: ${message}`,
    ),
    `${file}: ${count("error")} errors, ${count("warning")} warnings`,
  ].join("\n");
}
