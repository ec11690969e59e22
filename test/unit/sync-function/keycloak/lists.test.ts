import { describe, expect, it } from "vitest";
import { begun, readLists } from "#sync/keycloak/lists.ts";

/** A list of so many rows on a server that answers no more than `most` at a time. */
function listOf(name: string, length: number, most: number, asked: string[]) {
  const rows = Array.from({ length }, (_, index) => ({ id: `${name}${index}` }));
  return {
    title: name,
    page: async (first: number, max: number) => {
      asked.push(`${name}+${first}`);
      return rows.slice(first, first + Math.min(max, most));
    },
  };
}

async function read(lengths: Record<string, number>, most: number) {
  const asked: string[] = [];
  const found = new Set<string>();
  const lists = Object.entries(lengths).map(([name, length]) => listOf(name, length, most, asked));
  await (await readLists(lists, ({ id }) => found.add(id), { size: 10, concurrency: 2 })).proven;
  return { asked, found: found.size };
}

describe("lists that are read together", () => {
  it("end at a short page, which is doubted only where no page is longer", async () => {
    const { asked, found } = await read({ a: 25, b: 3, c: 9, d: 0 }, 10);
    expect(found).toBe(37);
    expect(asked.toSorted()).toEqual(["a+0", "a+10", "a+20", "b+0", "c+0", "d+0"]);
  });

  it("take one request more in all where every list is short", async () => {
    const { asked, found } = await read({ a: 7, b: 3, c: 5 }, 10);
    expect([asked.length, found]).toEqual([4, 15]);
  });

  it.each([1, 3, 4, 7])("are read to their ends on a server that answers only %s rows at a time", async (most) => {
    expect((await read({ a: 25, b: 3, c: 9, d: 4, e: 12 }, most)).found).toBe(53);
  });

  it("are asked once for the page that was begun before, and for the rest when they are read", async () => {
    const asked: string[] = [];
    const list = begun(listOf("a", 25, 10, asked), 10);
    expect(asked).toEqual(["a+0"]);
    const found = new Set<string>();
    await readLists([list], ({ id }) => found.add(id), { size: 10, concurrency: 2 });
    expect([found.size, asked]).toEqual([25, ["a+0", "a+10", "a+20"]]);
  });

  it("tell of the failure of what was begun before whenever they are read", async () => {
    const page = () => Promise.reject<{ id: string }[]>(new Error("down"));
    const list = begun({ title: "a", page }, 10);
    await new Promise(setImmediate);
    const reading = readLists([list], () => {}, { size: 10, concurrency: 2 });
    await expect(reading).rejects.toThrow("down");
  });
});
