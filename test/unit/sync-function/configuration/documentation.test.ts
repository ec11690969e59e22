import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as z from "zod";
import { syncDocument } from "#sync/configuration/document.ts";
import { optionPaths, parseDocument } from "#sync/configuration/document-text.ts";

const page = readFileSync(new URL("../../../../docs/sync-configuration.md", import.meta.url), "utf8");

/** Limits of the guards have a page of their own. */
const isDescribedElsewhere = (path: string) => path.includes(".guards.");

it("every option of the document is a row of the page, and every row is an option", () => {
  const rows = [...page.matchAll(/^\| `([\w.[\]]+)` \|/gm)].map(([, path]) => path ?? "");
  const options = optionPaths().filter((path) => !isDescribedElsewhere(path));
  expect(rows.toSorted()).toEqual(options.toSorted());
});

it("the rows say what the schema says", () => {
  const schema = JSON.stringify(z.toJSONSchema(syncDocument, { io: "input" }));
  const described = new Set([...schema.matchAll(/"description":"([^"]+)"/g)].map(([, text]) => text));
  const meanings = [...page.matchAll(/^\| `[\w.[\]]+` \| \w* ?\| (.+) \|$/gm)].map(([, meaning]) => meaning);
  expect(meanings.length).toBeGreaterThan(20);
  expect(meanings.filter((meaning) => !described.has(meaning))).toEqual([]);
});

it("the example is a document", () => {
  const example = /```json\n([^`]+)```/.exec(page)?.[1] ?? "";
  expect(parseDocument(example)).toMatchObject({ organizations: [{ name: "Research" }, { name: "Platform" }] });
});
