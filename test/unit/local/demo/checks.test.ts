import { stripVTControlCharacters } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { Checks, expectEqual, expectThat } from "#local/demo/checks.ts";

let lines: string[] = [];
beforeEach(() => {
  lines = [];
});

const start = () => new Checks((line) => lines.push(stripVTControlCharacters(line)));

describe("checks", () => {
  it("that all pass are counted", async () => {
    const checks = start();
    checks.section("Login");
    await checks.check("somebody enters", () => {});
    await checks.check("nobody else does", async () => {});
    expect(lines).toEqual(["\nLogin", "  ✓ somebody enters", "  ✓ nobody else does"]);
    expect(checks.failed).toBe(0);
    expect(checks.summary).toBe("demo: 2 checks passed");
  });

  it("that fail are shown with their reason and named at the end, and the rest goes on", async () => {
    const checks = start();
    await checks.check("first", () => Promise.reject(new Error("because\nof this")));
    await checks.check("second", () => {
      throw "a text";
    });
    await checks.check("third", () => {});
    expect(lines).toEqual(["  ✗ first\n      because\n      of this", "  ✗ second\n      a text", "  ✓ third"]);
    expect(checks.failed).toBe(2);
    expect(checks.summary).toBe("demo: 2 of 3 checks failed: first; second");
  });

  it("show output indented and without its closing line breaks", () => {
    start().show("a\n  b\n\n");
    expect(lines).toEqual(["      a\n        b"]);
  });
});

describe("an expectation", () => {
  it("of equal values is met whatever the order of their keys", () => {
    expectEqual({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 }, "value");
    expect(() => expectEqual([1], [2], "the list")).toThrow("the list: expected [2], found [1]");
  });

  it("of a condition says what was not so", () => {
    expectThat(true, "never");
    expect(() => expectThat(false, "nobody is there")).toThrow("nobody is there");
  });
});
