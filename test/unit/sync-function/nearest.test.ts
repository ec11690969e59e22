import { expect, it } from "vitest";
import { nearest } from "#sync/nearest.ts";

it.each([
  ["aply", "apply"],
  ["PLAN", "plan"],
  ["pla", "plan"],
  ["something", undefined],
])("%s is taken for %s", (word, expected) => {
  expect(nearest(word, ["plan", "apply", "help"])).toBe(expected);
});
