import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { AUDIT_EVENTS, auditRecord } from "#sync/audit/record.ts";

const page = readFileSync(new URL("../../../../docs/audit.md", import.meta.url), "utf8");

/** The first column of the table with this heading. */
function rowsUnder(heading: string): readonly string[] {
  const table = page.split(`| ${heading} |`)[1]?.split("\n\n")[0] ?? "";
  return [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = ""]) => cell.replaceAll("`", "").split(", "));
}

it("every event and every field of a line is a row of the page, and every row is one", () => {
  expect(rowsUnder("event")).toEqual([...AUDIT_EVENTS]);
  expect(rowsUnder("field").toSorted()).toEqual(Object.keys(auditRecord.shape).toSorted());
});

it("every problem of the verification is a row", () => {
  expect(rowsUnder("problem")).toEqual(["edited", "removed", "reordered", "replaced", "truncated"]);
});
