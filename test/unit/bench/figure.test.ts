import { expect, it } from "vitest";
import { type Figure, figureRow, isReached, tableText } from "../../../bench/figure.ts";

const faster: Figure = {
  name: "time to read",
  people: 10_000,
  baseline: { name: "original", value: 30 },
  value: 0.5,
  unit: "s",
  target: { of: "baseline / value", at: "least", limit: 30 },
};

it.each([
  [faster, true],
  [{ ...faster, value: 1.5 }, false],
  [{ ...faster, target: { of: "value", at: "most", limit: 0.5 } }, true],
  [{ ...faster, target: { of: "value / baseline", at: "most", limit: 0.01 } }, false],
] satisfies [Figure, boolean][])("judges a figure by its target, case %#", (figure, reached) => {
  expect(isReached(figure)).toBe(reached);
});

it("shows what a figure is compared with", () => {
  expect(figureRow(faster)).toEqual([
    "time to read, 10,000 people",
    "0.5 s",
    "30 s (original)",
    "60 ×",
    "≥ 30 × less",
    "ok",
  ]);
});

it("aligns columns", () => {
  expect(
    tableText([
      ["a", "b"],
      ["long", "c"],
    ]),
  ).toBe("a     b\nlong  c");
});
