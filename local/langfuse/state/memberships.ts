import type { Membership } from "./model.ts";

/**
 * Memberships of one level, organizations or projects: by scope and user. A row that is written moves to the end of
 * its list, as it does in a database without ORDER BY, so that nobody comes to rely on the order.
 */
export class Memberships<Row extends Membership> {
  readonly #rows = new Map<string, Map<string, Row>>();
  readonly #scopeOf: (row: Row) => string;
  readonly #changed: () => void;

  constructor(changed: () => void, scopeOf: (row: Row) => string, rows: readonly Row[]) {
    this.#changed = changed;
    this.#scopeOf = scopeOf;
    for (const row of rows) this.#put(row);
  }

  find(scopeId: string, userId: string): Row | undefined {
    return this.#rows.get(scopeId)?.get(userId);
  }

  of(scopeId: string): Row[] {
    return [...(this.#rows.get(scopeId)?.values() ?? [])];
  }

  count(scopeId: string): number {
    return this.#rows.get(scopeId)?.size ?? 0;
  }

  put(row: Row): void {
    this.#put(row);
    this.#changed();
  }

  remove(scopeId: string, userId: string): boolean {
    const removed = this.#rows.get(scopeId)?.delete(userId) ?? false;
    if (removed) this.#changed();
    return removed;
  }

  removeAll(scopeId: string): void {
    if (this.#rows.delete(scopeId)) this.#changed();
  }

  all(): Row[] {
    return [...this.#rows.values()].flatMap((rows) => [...rows.values()]);
  }

  #put(row: Row): void {
    const scopeId = this.#scopeOf(row);
    const rows = this.#rows.get(scopeId) ?? new Map<string, Row>();
    rows.delete(row.userId);
    rows.set(row.userId, row);
    this.#rows.set(scopeId, rows);
  }
}
