/** A page as SCIM asks for it. */
export interface Page {
  /** 1-based; below 1 the real server breaks down. */
  readonly startIndex: number;
  /** Negative takes so many from the end. */
  readonly count: number;
}

/** Garbage and 0 mean the default, digits at the beginning count, and of a repeated parameter the first value. */
export function parsePage(query: URLSearchParams): Page {
  return { startIndex: numberOf(query, "startIndex", 1), count: numberOf(query, "count", 100) };
}

function numberOf(query: URLSearchParams, name: string, fallback: number): number {
  return Number.parseInt(query.getAll(name).join(","), 10) || fallback;
}

/**
 * The one address that a filter asks for, in lower case, or undefined when the filter is none that is understood:
 * then everybody is listed. The first `userName eq "…"` anywhere in the text decides; a repeated filter is ignored.
 */
export function filteredAddress(query: URLSearchParams): string | undefined {
  const [filter, ...others] = query.getAll("filter");
  if (filter === undefined || others.length > 0) return undefined;
  return /userName eq "([^"]+)"/i.exec(filter)?.[1]?.toLowerCase();
}

export function pageOf<T>(rows: readonly T[], { startIndex, count }: Page): T[] {
  const skip = startIndex - 1;
  if (count > 0) return rows.slice(skip, skip + count);
  const end = Math.max(rows.length - skip, 0);
  return rows.slice(Math.max(end + count, 0), end);
}
