import { expect, it } from "vitest";
import { pathSegment } from "#sync/http/path.ts";

it("a name keeps its meaning inside a path", () => {
  expect(pathSegment("a/b c?d#e%ü")).toBe("a%2Fb%20c%3Fd%23e%25%C3%BC");
});

it.each(["", ".", ".."])("%j is refused, because it would address something else", (name) => {
  expect(() => pathSegment(name)).toThrow("cannot be part of an address");
});
