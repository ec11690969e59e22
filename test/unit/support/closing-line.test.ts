import { expect, it } from "vitest";
import type { TestModule } from "vitest/node";
import { closingLine, skipReasons } from "#test/closing-line.ts";

type Fault = readonly { message: string }[];
const fault: Fault = [{ message: "no server" }];

/** A file as the runner reports it, with one set of tests. */
const file = (states: readonly string[], { ofFile = [] as Fault, ofSet = [] as Fault } = {}) =>
  ({
    errors: () => ofFile,
    children: {
      allTests: () => states.map((state) => ({ result: () => ({ state }) })),
      allSuites: () => [{ errors: () => ofSet }],
    },
  }) as unknown as TestModule;

it("counts tests by what became of them, whatever the file", () => {
  const files = [file(["passed", "failed"]), file(["passed", "skipped", "pending"])];
  expect(closingLine(files, [])).toBe("2 passed, 1 failed, 2 skipped");
});

it("counts a failure where a file could not be loaded, a set not be prepared, or the run itself broke", () => {
  expect(closingLine([file([], { ofFile: fault })], [])).toBe("0 passed, 1 failed, 0 skipped");
  expect(closingLine([file(["skipped"], { ofSet: fault })], [])).toBe("0 passed, 1 failed, 1 skipped");
  expect(closingLine([file(["passed"])], fault)).toBe("1 passed, 1 failed, 0 skipped");
});

it("says why tests were skipped that said so", () => {
  const skipped = (note?: string) => ({ result: () => ({ state: "skipped", note }) });
  const tests = [skipped("no node"), skipped("no node"), skipped("no realm"), skipped(), { result: () => ({}) }];
  const files = [{ children: { allTests: () => tests } }] as unknown as TestModule[];
  expect(skipReasons(files)).toEqual(["2 skipped because no node", "1 skipped because no realm"]);
});
