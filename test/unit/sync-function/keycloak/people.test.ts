import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PEOPLE_PAGE, peoplePage } from "#sync/keycloak/people.ts";
import { pagesFor } from "#sync/keycloak/strategy.ts";

describe("a page of people", () => {
  it("is so large that up to fifty thousand people take four requests at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50_000 }), (people) => {
        expect(pagesFor({ people, pageSize: peoplePage(people) })).toBeLessThanOrEqual(4);
      }),
    );
  });

  it("is never smaller than that of a small realm, and no larger for a million people than for fifty thousand", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000 }), (people) => {
        expect(peoplePage(people)).toBeGreaterThanOrEqual(PEOPLE_PAGE);
        expect(peoplePage(people)).toBeLessThanOrEqual(peoplePage(50_000));
      }),
    );
  });
});
