import { expect, it } from "vitest";
import { pagesOf } from "#sync/keycloak/paging.ts";

const rows = Array.from({ length: 25 }, (_, index) => ({ id: `${index}`, visible: index % 5 !== 4 }));

async function collect(read: (first: number, max: number) => { id: string }[]): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pagesOf(async (first, max) => read(first, max), "rows", 10))
    ids.push(...page.map(({ id }) => id));
  return ids;
}

it("ends at the empty page", async () => {
  const asked: number[] = [];
  const ids = await collect((first, max) => {
    asked.push(first);
    return rows.slice(first, first + max);
  });
  expect(ids).toEqual(rows.map(({ id }) => id));
  expect(asked).toEqual([0, 10, 20, 25]);
});

it("goes on after a page that the server has thinned out, and repeats nobody", async () => {
  const ids = await collect((first, max) => rows.slice(first, first + max).filter(({ visible }) => visible));
  expect(ids).toEqual(rows.filter(({ visible }) => visible).map(({ id }) => id));
});

it("reads everything from a server that answers fewer rows than asked for", async () => {
  expect(await collect((first) => rows.slice(first, first + 3))).toHaveLength(25);
});

it("gives up on a server that answers the same page again", async () => {
  await expect(collect(() => rows.slice(0, 10))).rejects.toThrow("paging does not move on");
});
