import fc from "fast-check";
import { expect, test } from "vitest";
import { freeNetwork, networkOf } from "#local/kubernetes/network.ts";

test("a network gives its first addresses to this machine and the node", () => {
  expect(networkOf(7)).toEqual({
    host: "10.231.7.1",
    node: "10.231.7.2",
    subnet: "10.231.7.0/24",
    pods: ["10.231.7.10", "10.231.7.250"],
  });
});

test.each([
  ["nothing is routed", [], 0],
  ["only other networks are routed", ["default", "192.168.0.0/16", "10.230.255.0/24"], 0],
  ["the first is taken", ["10.231.0.0/24", "10.231.0.1"], 1],
  ["one address of the first is taken", ["10.231.0.200"], 1],
  ["a wider network covers the first four", ["10.231.0.0/22"], 4],
  ["a network as wide as 10.0.0.0/8 is routed elsewhere", ["10.0.0.0/8"], 0],
  ["IPv6 is routed", ["fd00::/64"], 0],
])("when %s, the choice is right", (_case, destinations, index) => {
  expect(freeNetwork(destinations)).toEqual(networkOf(index));
});

test("when the whole range is taken, there is no free network", () => {
  expect(freeNetwork(["10.231.0.0/16"])).toBeUndefined();
});

test("clusters started one after the other never share a network", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), (count) => {
      const taken: string[] = [];
      for (let made = 0; made < count; made++) taken.push(freeNetwork(taken)?.subnet ?? "none");
      expect(new Set(taken).size).toBe(count);
      expect(taken).not.toContain("none");
    }),
    { numRuns: 10 },
  );
});
