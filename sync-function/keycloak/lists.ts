import { mapLimited, unheard } from "../concurrency.ts";
import { pagesOf } from "./paging.ts";

/** A list that is answered in pages. */
export interface PagedList<T> {
  /** What is listed, for errors. */
  readonly title: string;
  /** Skips `first` rows and answers at most `max`. */
  page(first: number, max: number): Promise<readonly T[]>;
}

/**
 * The same list with its first page asked for already, so that the server makes its rows while something else is found
 * out. Whoever reads the list is told of a failure; where nobody does, it stays untold.
 */
export function begun<T>(list: PagedList<T>, size: number): PagedList<T> {
  const start = unheard(list.page(0, size));
  return { ...list, page: (first, max) => (first === 0 && max === size ? start : list.page(first, max)) };
}

export interface ListOptions {
  /** Rows asked for at once. */
  readonly size: number;
  /** Pages under way at the same time. */
  readonly concurrency: number;
}

/** Lists that were read as far as they seemed to go. */
export interface ReadLists {
  /** Resolved when they are known to end there, or what was left has been handed over too. */
  readonly proven: Promise<void>;
}

/**
 * Reads many lists to their ends and hands over every row with the list it is from; rows may come twice.
 *
 * As nothing is left out of their pages, a page with fewer rows than asked for is the last one, unless the server answers
 * no more than so many rows at a time. Such a limit shows in that no page is longer: lists whose last page is as long as
 * the longest page of all are read on until an empty page. That is one more request for all lists instead of one for
 * each; it is under way when the lists are returned, and nothing may be decided before it is answered.
 */
export async function readLists<T extends { readonly id: string }, Mark>(
  lists: readonly (PagedList<T> & Mark)[],
  take: (row: T, list: Mark) => void,
  { size, concurrency }: ListOptions,
): Promise<ReadLists> {
  let longest = 0;
  const ends = await mapLimited(lists, concurrency, async (list) => {
    for (let next = 0; ; ) {
      const page = await list.page(next, size);
      for (const row of page) take(row, list);
      next += page.length;
      longest = Math.max(longest, page.length);
      if (page.length < size) return { list, next, length: page.length };
    }
  });
  const suspects = ends.filter(({ length }) => length > 0 && length === longest && length < size);
  const readOn = async () => {
    await mapLimited(suspects, concurrency, async ({ list, next }) => {
      const rest = pagesOf((first, max) => list.page(next + first, max), list.title, size);
      for await (const page of rest) for (const row of page) take(row, list);
    });
  };
  return { proven: unheard(readOn()) };
}
