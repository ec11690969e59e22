import { describe, expect, it } from "vitest";
import { filteredAddress, pageOf, parsePage } from "#local/langfuse/endpoints/scim-list.ts";

const rows = [1, 2, 3, 4, 5];

describe("pages of a SCIM list", () => {
  it.each([
    ["", [1, 2, 3, 4, 5]],
    ["startIndex=4&count=3", [4, 5]],
    ["startIndex=2&startIndex=5&count=1", [2]],
    ["count=1e9", [1]],
    ["count=-2", [4, 5]],
    ["count=-2&startIndex=3", [2, 3]],
    ["count=-9", [1, 2, 3, 4, 5]],
    ["startIndex=9&count=-2", []],
  ])("?%s takes %j of five", (query, expected) => {
    expect(pageOf(rows, parsePage(new URLSearchParams(query)))).toEqual(expected);
  });
});

describe("the filter of a SCIM list", () => {
  it.each([
    ['userName eq "Ann@Example.com"', "ann@example.com"],
    ['not (username EQ "first") or userName eq "second"', "first"],
    ['userName eq ""', undefined],
    ['userName  eq "two blanks"', undefined],
    ['userName sw "ann"', undefined],
  ])("%s asks for %s", (filter, expected) => {
    expect(filteredAddress(new URLSearchParams({ filter }))).toBe(expected);
  });

  it("is ignored when it is given twice", () => {
    expect(filteredAddress(new URLSearchParams('filter=userName eq "a"&filter=userName eq "a"'))).toBeUndefined();
  });
});
