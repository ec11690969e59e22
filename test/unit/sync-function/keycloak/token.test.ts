import { expect, it } from "vitest";
import { renewalAge } from "#sync/keycloak/token.ts";

it.each([
  [300, 270],
  [61, 31],
  [60, 30],
  [5, 2.5],
])("a token that lives %s s is replaced after %s s", (life, age) => {
  expect(renewalAge(life)).toBe(age);
});
