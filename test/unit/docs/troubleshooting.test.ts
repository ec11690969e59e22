import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { GUARDS } from "#sync/guard/refusal.ts";
import { FINDING_CODES } from "#sync/roles/lint.ts";
import { allTexts, errorMessages } from "./messages.ts";

const page = readFileSync(new URL("../../../docs/troubleshooting.md", import.meta.url), "utf8");
const rows = page.split("\n").flatMap((line) => {
  const [, first = "", , remedy = ""] = /^\| (`.+?`) \| (.+?) \| (.+) \|$/.exec(line) ?? [];
  return remedy === "" ? [] : [{ fragments: [...first.matchAll(/`([^`]+)`/g)].map(([, one = ""]) => one), remedy }];
});
const fragments = rows.flatMap((row) => row.fragments);

it("every error of the sync has a row with its cause and its remedy", () => {
  // The gate's own page has those of the gate.
  const messages = errorMessages(["gate/"]);
  expect(messages.length).toBeGreaterThan(60);
  const missing = messages.filter(({ text: message }) => !fragments.some((one) => message.includes(one)));
  expect(missing.map(({ place, text: message }) => `${place}: ${message}`)).toEqual([]);
});

it("every message that is described exists", () => {
  const texts = allTexts();
  expect(fragments.filter((one) => !texts.some((candidate) => candidate.includes(one)))).toEqual([]);
});

it.each([...GUARDS, ...FINDING_CODES])("%s has a row", (code) => {
  expect(fragments).toContain(code);
});
