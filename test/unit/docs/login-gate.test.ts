import { readFileSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { BYPASSES } from "#sync/gate/specification.ts";

const text = readFileSync(new URL("../../../docs/login-gate.md", import.meta.url), "utf8");
const numbers = [...text.matchAll(/^\| (\d+(?:, \d+)*) \|/gm)].flatMap(([, list = ""]) => list.split(", ").map(Number));

it("every invariant of the gate has its line, and none has two", () => {
  expect(numbers.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 28 }, (_, index) => index + 1));
});

it("every number that a finding can have is one of them", async () => {
  const folder = new URL("../../../sync-function/gate/", import.meta.url).pathname;
  const given = new Set<number>();
  for await (const file of glob(`${folder}*.ts`)) {
    const code = await readFile(file, "utf8");
    for (const [, number] of code.matchAll(/(?:failure|warning|whenEnabled)\)?\(\s*(\d+),/g)) given.add(Number(number));
  }
  expect(given.size).toBeGreaterThan(10);
  expect(numbers).toEqual(expect.arrayContaining([...given]));
});

it("every way round the gate that can be accepted has a line with what closes it", () => {
  for (const bypass of BYPASSES) expect(text).toMatch(new RegExp(`^\\| .+ \\| \`${bypass}\` \\| .+ \\|$`, "m"));
});
