import { expect, it } from "vitest";
import { generateRealm } from "../../../bench/sync/realm-generator.ts";

const shape = { realm: "Company", people: 1_000, clientRoleComposites: true };

it("makes the same realm every time", () => {
  expect(generateRealm(shape)).toEqual(generateRealm(shape));
});

it.each([100, 1_000, 1_001])("makes as many people as asked for, %s, besides four service accounts", (people) => {
  const names = generateRealm({ ...shape, people }).users?.map(({ username }) => username) ?? [];
  expect(names.filter((name) => !name.startsWith("service-account-"))).toHaveLength(people);
  expect(new Set(names).size).toBe(people + 4);
});

it("has addresses in upper case, people without an address, and disabled ones", () => {
  const users = generateRealm(shape).users ?? [];
  expect(users.some(({ email }) => email !== undefined && email === email.toUpperCase())).toBe(true);
  expect(users.some(({ email, username }) => email === undefined && username.startsWith("person-"))).toBe(true);
  expect(users.some(({ enabled }) => enabled === false)).toBe(true);
});
