import { describe, expect, it } from "vitest";
import type { KeycloakUser } from "#sync/keycloak/answers.ts";
import { readHolders } from "#sync/keycloak/holders.ts";
import { createHoldingTable } from "#sync/keycloak/holding.ts";
import type { PagedList } from "#sync/keycloak/lists.ts";

const table = createHoldingTable();
const viewer = { id: "viewer", name: "viewer", composite: false, clientRole: false };
const holding = table.of({ realmRoles: ["viewer"] });
const grants = { roles: [{ role: viewer, holding }], groups: [] };
const userOf = (id: string, more: Partial<KeycloakUser> = {}): KeycloakUser => ({ id, enabled: true, ...more });

/** A realm in which these hold the role, on a server that answers at most `most` rows at a time. */
function realmOf(users: readonly KeycloakUser[], most: number) {
  const list: PagedList<KeycloakUser> = {
    title: "people with role viewer",
    page: async (first, max) => users.slice(first, first + Math.min(max, most)),
  };
  return {
    realm: "company",
    directHolders: () => list,
    directMembers: () => list,
    isServiceAccount: async ({ username = "" }: KeycloakUser) => username.startsWith("service-account-"),
  };
}

describe("holders", () => {
  it("are all known when the lists are proven, also on a server that answers fewer rows than asked for", async () => {
    const users = Array.from({ length: 7 }, (_, index) => userOf(`${index}`));
    const read = await readHolders(realmOf(users, 3), grants, table, { pageSize: 100, begun: new Map() });
    expect(read.holders.size).toBeLessThan(users.length);
    await read.proven;
    expect([...read.holders.keys()]).toEqual(users.map(({ id }) => id));
  });

  it("are never service accounts, wherever in the list these are", async () => {
    const users = ["0", "1", "2", "3"].map((id) => userOf(id, { username: `service-account-${id}` }));
    const read = await readHolders(realmOf(users, 2), grants, table, { pageSize: 100, begun: new Map() });
    expect(read.holders.size).toBe(0);
    await read.proven;
    expect(read.holders.size).toBe(0);
  });

  it("are not proven where the end of a list cannot be read", async () => {
    const realm = realmOf([userOf("0")], 1);
    const page = async (first: number) => {
      if (first > 0) throw new Error("down");
      return [userOf("0")];
    };
    const client = { ...realm, directHolders: () => ({ title: "viewers", page }) };
    const { proven } = await readHolders(client, grants, table, { pageSize: 100, begun: new Map() });
    await new Promise(setImmediate);
    await expect(proven).rejects.toThrow("down");
  });
});
