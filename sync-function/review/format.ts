import { printable } from "../printable.ts";
import { MARKS, type ReviewRow } from "./row.ts";

/** How a review can be written. */
export const FORMATS = ["markdown", "csv", "json"] as const;
export type Format = (typeof FORMATS)[number];

const HEAD = ["Person", "Organization", "Project", "Role", "Why", "Last change", "Marks"];

/** One table with a summary of the marks above it. */
export function markdownOf(rows: readonly ReviewRow[], takenAt: string): string {
  const people = new Set(rows.map(({ userId }) => userId)).size;
  const marked = MARKS.map((mark) => [mark, rows.filter(({ marks }) => marks.includes(mark)).length] as const).filter(
    ([, count]) => count > 0,
  );
  const table = [HEAD, HEAD.map(() => "---"), ...rows.map((row) => cellsOf(row).map(markdownCell))];
  return [
    "# Access review",
    "",
    `Of ${takenAt}: ${people} ${people === 1 ? "person" : "people"}, ${rows.length} ${rows.length === 1 ? "role" : "roles"}.`,
    ...(marked.length > 0 ? [`To look at: ${marked.map(([mark, count]) => `${count} ${mark}`).join(", ")}.`] : []),
    "",
    ...table.map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");
}

/** RFC 4180, with a header. */
export function csvOf(rows: readonly ReviewRow[]): string {
  return [HEAD, ...rows.map(cellsOf)].map((cells) => cells.map(csvCell).join(",")).join("\r\n");
}

function cellsOf({ email, userId, organization, project, role, why, lastChange, marks }: ReviewRow): readonly string[] {
  const change =
    lastChange === null ? "" : `${lastChange.time} ${lastChange.before} → ${lastChange.after} by ${lastChange.actor}`;
  return [email || userId, organization, project ?? "", role, why, change, marks.join(", ")];
}

/** Names and addresses are not ours: nothing in them may end a cell, draw a mark, or become a link to somewhere. */
function markdownCell(text: string): string {
  return printable(text)
    .replaceAll(/[\\|`*_~<>[\]&]/g, "\\$&")
    .replaceAll("://", "\\://")
    .replaceAll(/\bwww\./gi, (start) => `${start.slice(0, -1)}\\.`);
}

/**
 * What a spreadsheet takes for a formula, at the beginning of a cell or behind what may divide cells where it was told so,
 * becomes text. Full-width signs count too: some take them for the others.
 */
function csvCell(text: string): string {
  const harmless = printable(text).replaceAll(/(^|[;,|"])(\s*)(?=[=+\-@＝＋－＠])/g, "$1$2'");
  return /[";,|']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
