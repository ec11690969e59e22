import { describe, expect, it } from "vitest";
import { isWorthRepeating, pauseAfter, type Repetition, retryAfterOf } from "#sync/http/retry.ts";

describe("a failed call", () => {
  const cases: readonly (readonly [number | undefined, string | undefined, readonly Repetition[]])[] = [
    [429, undefined, ["read", "idempotent", "create"]],
    [503, undefined, ["read", "idempotent", "create"]],
    [500, undefined, ["read", "idempotent"]],
    [502, undefined, ["read", "idempotent"]],
    [504, undefined, ["read", "idempotent"]],
    [409, undefined, ["idempotent"]],
    [400, undefined, []],
    [401, undefined, []],
    [403, undefined, []],
    [404, undefined, []],
    [308, undefined, []],
    [undefined, "ECONNREFUSED", ["read", "idempotent", "create"]],
    [undefined, "ECONNRESET", ["read", "idempotent"]],
    [undefined, "ECONNABORTED", ["read", "idempotent"]],
    [undefined, undefined, ["read", "idempotent"]],
    [undefined, "ERR_CANCELED", []],
    [undefined, "SELF_SIGNED_CERT_IN_CHAIN", []],
  ];
  it.each(cases)("with status %s and code %s is repeated for %j only", (status, code, expected) => {
    const kinds = (["read", "idempotent", "create"] as const).filter((kind) =>
      isWorthRepeating({ status, code }, kind),
    );
    expect(kinds).toEqual(expected);
  });
});

describe("the pause before the next try", () => {
  it("doubles, lies in the upper half of its span, and is capped", () => {
    expect([1, 2, 3, 4].map((attempt) => pauseAfter(attempt, undefined, 1))).toEqual([100, 200, 400, 800]);
    expect(pauseAfter(1, undefined, 0)).toBe(50);
    expect(pauseAfter(30, undefined, 1)).toBe(10_000);
  });

  it("is never shorter than what the server asks for", () => {
    expect(pauseAfter(1, 2_000, 0.5)).toBe(2_000);
    expect(pauseAfter(4, 1, 1)).toBe(800);
  });
});

describe("a Retry-After header", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    ["3", 3_000],
    ["0", 0],
    ["Thu, 01 Jan 2026 00:00:05 GMT", 5_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("of %j means %s ms", (header, expected) => {
    expect(retryAfterOf(header, now)).toBe(expected);
  });
});
