import fc from "fast-check";
import { expect, it } from "vitest";
import { impliedRoles } from "#sync/roles/graph.ts";

const node = (id: string, ...contains: string[]) => ({ id, name: id.toUpperCase(), contains });

it("a composite implies what it contains at any depth", () => {
  const implied = impliedRoles([node("a", "b"), node("b", "c"), node("c"), node("d")], new Set(["C"]));
  expect([...implied.keys()].toSorted()).toEqual(["a", "b", "c"]);
});

it("a role can imply several mapped roles", () => {
  const implied = impliedRoles([node("a", "b", "c"), node("b"), node("c")], new Set(["A", "B", "C"]));
  expect([...(implied.get("a") ?? [])].toSorted()).toEqual(["A", "B", "C"]);
});

it("agrees with walking down from every role, cycles or not", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const graphs = fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids)), { maxLength: 12 });
  fc.assert(
    fc.property(graphs, fc.subarray(ids), (edges, mapped) => {
      const nodes = ids.map((id) => node(id, ...edges.filter(([from]) => from === id).map(([, to]) => to)));
      const names = new Set(mapped.map((id) => id.toUpperCase()));
      const implied = impliedRoles(nodes, names);
      for (const id of ids) {
        const reached = new Set([id]);
        for (const next of reached) for (const [from, to] of edges) if (from === next) reached.add(to);
        const expected = [...reached].map((name) => name.toUpperCase()).filter((name) => names.has(name));
        expect(new Set(implied.get(id))).toEqual(new Set(expected));
      }
    }),
  );
});
