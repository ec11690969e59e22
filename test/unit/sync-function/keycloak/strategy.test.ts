import { describe, expect, it } from "vitest";
import { chooseStrategy } from "#sync/keycloak/strategy.ts";

const realm = {
  federated: false,
  allHolders: false,
  people: 10_000,
  asked: 5_000,
  resting: 0,
  requestsPerPerson: 1,
  pageSize: 5_000,
};
const lists = { composites: 7, roles: 8, groups: 10, groupLists: 2 };

it("takes the lists when many people are asked about", () => {
  expect(chooseStrategy(realm, lists)).toMatchObject({
    strategy: "holders",
    requests: { "per-member": 5_002, holders: 29 },
  });
});

it("does not count those as looked up by the lists who matter only if they hold something", () => {
  const small = { ...realm, people: 40_000, asked: 9, requestsPerPerson: 3 };
  expect(chooseStrategy(small, lists).requests).toMatchObject({ "per-member": 35, holders: 35 });
  expect(chooseStrategy({ ...small, resting: 7 }, lists).requests).toMatchObject({ "per-member": 35, holders: 29 });
});

it("asks about each person when they are few", () => {
  expect(chooseStrategy({ ...realm, asked: 20 }, lists).strategy).toBe("per-member");
  expect(chooseStrategy({ ...realm, asked: 20, requestsPerPerson: 3 }, lists).strategy).toBe("holders");
});

describe("where a user storage gives roles that no list shows", () => {
  const federated = { ...realm, federated: true };
  it("takes the lists for local people if that costs little, whoever of them is of the storage", () => {
    expect(chooseStrategy(federated, lists)).toMatchObject({
      strategy: "hybrid",
      requests: { "per-member": 5_002, hybrid: 5_029 },
    });
  });
  it("asks about each person otherwise, and where all holders are wanted", () => {
    expect(chooseStrategy({ ...federated, asked: 200 }, lists).strategy).toBe("per-member");
    expect(chooseStrategy({ ...federated, allHolders: true }, lists).strategy).toBe("per-member");
  });
});
