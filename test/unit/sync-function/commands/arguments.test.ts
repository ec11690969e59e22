import { expect, it } from "vitest";
import { flagValue, hasFlag, parseArguments } from "#sync/commands/arguments.ts";
import { COMMANDS, type Definition } from "#sync/commands/definitions.ts";
import { commandHelp, helpText } from "#sync/commands/help.ts";

it.each([
  [[], { command: "plan", json: false, help: false }],
  [["--json"], { command: "plan", json: true, help: false }],
  [["apply", "--json"], { command: "apply", json: true, help: false }],
  [["apply", "--help"], { command: "apply", json: false, help: true }],
  [["-h"], { command: "plan", help: true }],
  [["help"], { command: "help", help: true }],
  [["--out", "apply"], { command: "plan", flags: { "--out": ["apply"] } }],
  [["--organization", "a", "plan", "--organization=b"], { command: "plan", flags: { "--organization": ["a", "b"] } }],
])("%j is understood", (words, expected) => {
  expect(parseArguments(words)).toMatchObject(expected);
});

it.each([
  [["aply"], 'unknown command "aply" (did you mean "apply"?); see --help'],
  [["toString"], 'unknown command "toString"; see --help'],
  [["--jsn"], 'unknown flag "--jsn" (did you mean "--json"?); see --help'],
  [["plan", "--approve", "x"], 'unknown flag "--approve"'],
  [["plan", "apply"], '"plan" takes no argument "apply"; see --help'],
  [["plan", "--out"], '"--out" needs a value FILE; see plan --help'],
  [["plan", "--out="], '"--out" needs a value FILE; see plan --help'],
  [["plan", "--json=yes"], '"--json" takes no value "yes"; see plan --help'],
])("%j is refused", (words, message) => {
  expect(() => parseArguments(words)).toThrow(message);
});

it("the last value of a flag counts", () => {
  const parsed = parseArguments(["apply", "--plan", "a", "--plan=b=c"]);
  expect([flagValue(parsed, "--plan"), hasFlag(parsed, "--plan"), flagValue(parsed, "--approve")]).toEqual([
    "b=c",
    true,
    undefined,
  ]);
});

it("every command is in the help, and its own help shows its flags and an example that is understood", () => {
  for (const [name, definition] of Object.entries<Definition>(COMMANDS)) {
    expect(helpText()).toContain(definition.summary);
    const text = commandHelp(name as keyof typeof COMMANDS);
    for (const flag of Object.keys(definition.flags)) expect(text).toContain(flag);
    expect(parseArguments(definition.example.split(" ")).command).toBe(name);
    if (name !== "help") expect(text).toContain(`node sync-function/main.ts ${definition.example}`);
  }
});
