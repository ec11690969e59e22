import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { COMMANDS, type Definition } from "#sync/commands/definitions.ts";
import { commandHelp } from "#sync/commands/help.ts";
import { EXIT_CODES } from "#sync/errors.ts";

const read = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
const sections = new Map(
  read("commands.md")
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")), section]),
);
const troubleshooting = read("troubleshooting.md");
const definitions = Object.entries<Definition>(COMMANDS);

it("every command is documented, and every documented one exists", () => {
  expect([...sections.keys()]).toEqual(expect.arrayContaining(Object.keys(COMMANDS)));
  expect(Object.keys(COMMANDS)).toEqual(expect.arrayContaining([...sections.keys()]));
});

it.each(definitions)("the options of %s in its table are those it has", (name, { flags }) => {
  const rows = [...(sections.get(name) ?? "").matchAll(/^\| `(--[a-z-]+)( [A-Z:]+)?` \|/gm)];
  const documented = rows.map(([, flag = "", value = ""]) => `${flag}${value}`);
  const existing = Object.entries(flags).map(([flag, { value }]) => (value === undefined ? flag : `${flag} ${value}`));
  expect(documented.toSorted()).toEqual(existing.toSorted());
});

it.each(definitions)("%s has an example, exit codes, and a help that shows an example", (name, { example }) => {
  expect(sections.get(name)).toMatch(/```console\n\$ node sync-function\/main\.ts [\s\S]+```/);
  expect(sections.get(name)).toContain("Exit codes:");
  expect(commandHelp(name as keyof typeof COMMANDS)).toMatch(/^Examples?\n {2}node sync-function\/main\.ts \w+/m);
  if (name !== "help") expect(commandHelp(name as keyof typeof COMMANDS)).toContain(`main.ts ${example}\n`);
});

it("every kind of error has a line with its exit code and a remedy", () => {
  for (const [kind, code] of Object.entries(EXIT_CODES)) {
    expect(troubleshooting).toMatch(new RegExp(`^\\| ${code} \\| \`${kind}\` \\| .+ \\| .+ \\|$`, "m"));
  }
  for (const code of [0, 2, 70]) expect(troubleshooting).toMatch(new RegExp(`^\\| ${code} \\|`, "m"));
});
