import { readFile, writeFile } from "node:fs/promises";
import type { Configuration } from "../configuration.ts";
import { AccessError, messageOf } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import { looksAtProjects } from "../plan/managed-projects.ts";
import { shardSuffix } from "../plan/shard.ts";
import { csvOf, FORMATS, type Format, markdownOf } from "../review/format.ts";
import { lastChanges } from "../review/last-changes.ts";
import { type ReviewRow, reviewRows } from "../review/row.ts";
import { readProjects } from "../snapshot/snapshot.ts";
import { type Arguments, flagValue } from "./arguments.ts";
import { type Command, createContext } from "./context.ts";
import { readDecisions } from "./decisions.ts";

/** The command `report`: who has access to what, and why. */
export const reportCommand: Command = async (surroundings, options) => {
  const format = formatOf(options);
  const context = await createContext(surroundings, options);
  const lastChange = lastChanges(await auditLines(options, context.configuration));
  const takenAt = new Date();
  const { decisions } = await readDecisions(context, takenAt, { everybody: true });
  const rows: ReviewRow[] = [];
  for (const { organization, state } of decisions) {
    const { name, rules, langfuse } = organization;
    const projects = looksAtProjects(rules) ? state.projects : await readProjects(langfuse);
    const change = (userId: string, project: string | undefined) => lastChange(rules.organization, userId, project);
    rows.push(...reviewRows({ name, rules, state: { ...state, projects }, lastChange: change }));
  }
  context.log.info({ rows: rows.length, format }, "reviewed");
  const text = write(rows, format, takenAt.toISOString());
  const out = flagValue(options, "--out");
  if (out === undefined) surroundings.print(text);
  else await save(out, text);
  return 0;
};

function formatOf(options: Arguments): Format {
  const format = flagValue(options, "--format") ?? (options.json ? "json" : "markdown");
  const found = FORMATS.find((each) => each === format);
  if (found !== undefined) return found;
  throw new AccessError(
    "usage",
    `--format is "${format}"${suggestion(format, FORMATS)}; use one of ${FORMATS.join(", ")}`,
  );
}

function write(rows: readonly ReviewRow[], format: Format, takenAt: string): string {
  if (format === "csv") return csvOf(rows);
  if (format === "markdown") return markdownOf(rows, takenAt);
  return JSON.stringify({ command: "report", exitCode: 0, takenAt, rows });
}

async function auditLines(options: Arguments, { values, shard }: Configuration): Promise<readonly string[]> {
  const named = flagValue(options, "--audit");
  const file = named ?? (values.AUDIT_FILE && `${values.AUDIT_FILE}${shardSuffix(shard)}`);
  if (!file) return [];
  try {
    return (await readFile(file, "utf8")).split("\n");
  } catch (error) {
    // The first apply makes the file.
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (named === undefined && isMissing) return [];
    throw new AccessError(
      "usage",
      `the audit file "${file}" cannot be read (${messageOf(error)}); correct --audit or AUDIT_FILE, or leave them out`,
    );
  }
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    throw new AccessError("usage", `--out "${path}" cannot be written (${messageOf(error)}); choose another file`);
  }
}
