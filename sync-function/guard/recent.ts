import type { Change } from "../plan/change.ts";
import { type Concerned, concernedBy, together } from "./concerned.ts";

/**
 * How long people whom a run about single people has concerned count for the ones after it, in milliseconds. Without it
 * a thousand of these runs could do what no run about everybody may.
 */
const WINDOW = 15 * 60_000;

/** Whom the runs of this process have concerned lately; a memory of its own, which ends with the process. */
export class RecentlyConcerned {
  #noted: readonly { readonly at: number; readonly organization: string; readonly concerned: Concerned }[] = [];

  note(organization: string, changes: readonly Change[], now: number): void {
    this.#noted = [...this.#at(now), { at: now, organization, concerned: concernedBy(changes) }];
  }

  /** By id of the organization. */
  since(now: number): ReadonlyMap<string, Concerned> {
    const all = new Map<string, Concerned>();
    for (const { organization, concerned } of this.#at(now)) {
      const known = all.get(organization);
      all.set(organization, known === undefined ? concerned : together(known, concerned));
    }
    return all;
  }

  #at(now: number) {
    return this.#noted.filter(({ at }) => now - at < WINDOW);
  }
}
