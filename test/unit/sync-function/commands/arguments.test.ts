import { expect, it } from "vitest";
import { parseArguments } from "#sync/commands/arguments.ts";

it.each([
  [[], { command: "plan", json: false }],
  [["--json"], { command: "plan", json: true }],
  [["apply", "--json"], { command: "apply", json: true }],
  [["apply", "--help"], { command: "help", json: false }],
  [["-h"], { command: "help", json: false }],
])("%j is understood", (words, expected) => {
  expect(parseArguments(words)).toEqual(expected);
});

it.each([
  [["aply"], 'unknown command "aply" (did you mean "apply"?); see --help'],
  [["toString"], 'unknown command "toString"; see --help'],
  [["--jsn"], 'unknown flag "--jsn" (did you mean "--json"?); see --help'],
  [["plan", "apply"], '"plan" takes no argument "apply"; see --help'],
])("%j is refused", (words, message) => {
  expect(() => parseArguments(words)).toThrow(message);
});
