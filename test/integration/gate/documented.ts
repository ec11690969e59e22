import { readFile } from "node:fs/promises";
import type { Verdict } from "./walk.ts";

/** What the documentation says of one way: who gets in. */
export type Documented = Readonly<Record<"with the role" | "without" | "disabled" | "to another client", Verdict>>;

const words: Readonly<Record<string, Verdict>> = {
  in: "allowed",
  tokens: "allowed",
  refused: "denied",
  login_required: "denied",
};

/** The table of docs/login-gate.md, by its first column. */
export async function documentedLogins(): Promise<ReadonlyMap<string, Documented>> {
  const text = await readFile(new URL("../../../docs/login-gate.md", import.meta.url), "utf8");
  const [, section = ""] = text.split("## Who gets in");
  const [head = [], , ...rows] = section
    .split("\n## ", 1)
    .join()
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const columns = head.slice(1).map((column) => column.replace("¹", ""));
  return new Map(
    rows.map(([title = "", ...cells]) => {
      const outcomes = cells.map((cell) => {
        const outcome = words[cell.replace(/[²*`]/g, "")];
        if (!outcome) throw new Error(`the documentation says "${cell}" of "${title}"`);
        return outcome;
      });
      return [title, Object.fromEntries(columns.map((column, index) => [column, outcomes[index]])) as Documented];
    }),
  );
}
