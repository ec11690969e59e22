import { describe, expect, it } from "vitest";
import type { KeycloakAdminApi } from "#components/keycloak/admin-api.ts";
import { realmAddresses } from "#components/keycloak/realm-addresses.ts";

/** A realm with so many people, of whom the list shows only some. */
function realm(count: number, shown: number): KeycloakAdminApi {
  return {
    version: async () => "26.7.5",
    send: async ({ path, query = {} }, schema) => {
      if (path.endsWith("/count")) return schema.parse(count);
      const from = Number(query.first);
      const people = Array.from({ length: Math.max(0, Math.min(Number(query.max), shown - from)) }, (_, index) => ({
        id: `k${from + index}`,
        email: `Person-${from + index}@Example.com`,
      }));
      return schema.parse(people);
    },
  };
}

describe("the addresses of a realm", () => {
  it.each([1, 999, 1000, 2345])("are all of %i people, in lower case", async (count) => {
    const addresses = await realmAddresses(realm(count, count), "company");
    expect(addresses.size).toBe(count);
    expect(addresses).toContain(`person-${count - 1}@example.com`);
  });

  it("are also those that are user names", async () => {
    const answers: unknown[] = [1, [{ id: "k1", username: "former@example.com", email: "new@example.com" }]];
    const api: KeycloakAdminApi = {
      version: async () => undefined,
      send: async (_request, schema) => schema.parse(answers.shift()),
    };
    expect([...(await realmAddresses(api, "company"))].toSorted()).toEqual(["former@example.com", "new@example.com"]);
  });

  it.each([
    ["is cut off", 10, 9],
    ["is empty for want of a right", 10, 0],
    ["is of nobody", 0, 0],
  ])("are refused when the list %s", async (_title, count, shown) => {
    await expect(realmAddresses(realm(count, shown), "company")).rejects.toMatchObject({
      kind: "incomplete",
      message: expect.stringContaining(`${shown} of ${count}`),
    });
  });
});
