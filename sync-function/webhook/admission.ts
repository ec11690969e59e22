import { parseEvent, type RealmEvent } from "./event.ts";
import { type Hint, hintOf } from "./hint.ts";

/**
 * What becomes of an event.
 *
 * - `accepted`: it says whom to read again
 * - `ignored`: it changes nobody's roles
 * - `other-realm`: it happened elsewhere
 * - `repeated`: it came before
 * - `old`: it happened too long ago, or the clocks are apart
 */
export const ADMISSION_OUTCOMES = ["accepted", "ignored", "other-realm", "repeated", "old"] as const;
export type AdmissionOutcome = (typeof ADMISSION_OUTCOMES)[number];

export type Admitted =
  | { readonly outcome: "accepted"; readonly hint: Hint }
  | { readonly outcome: Exclude<AdmissionOutcome, "accepted"> };

/** Events that are remembered. A repeated one does no harm: somebody would be read once more. */
const REMEMBERED = 10_000;
/** Milliseconds. A plugin repeats an event for a quarter of an hour; what is older was recorded by somebody else. */
const OLDEST = 60 * 60_000;

/** Decides about one event after another. */
export class Admission {
  readonly #seen = new Set<string>();
  readonly #realm: string;
  /** Older events name the realm by this alone; until it is known none of them is taken for another's. */
  realmId: string | undefined;

  /** @param realm its name */
  constructor(realm: string) {
    this.#realm = realm;
  }

  /** @returns undefined for what is no event */
  admit(body: unknown, now: number): Admitted | undefined {
    const event = parseEvent(body);
    if (event === undefined) return undefined;
    if (!this.#isOurs(event)) return { outcome: "other-realm" };
    const hint = hintOf(event);
    if (hint === undefined) return { outcome: "ignored" };
    if (event.time !== undefined && now - event.time > OLDEST) return { outcome: "old" };
    if (event.key !== undefined) {
      if (this.#seen.has(event.key)) return { outcome: "repeated" };
      this.#seen.add(event.key);
      const [oldest] = this.#seen;
      if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    }
    return { outcome: "accepted", hint };
  }

  #isOurs({ realm: { id, name } }: RealmEvent): boolean {
    if (name !== undefined) return name === this.#realm;
    return id === undefined || id === this.#realm || this.realmId === undefined || id === this.realmId;
  }
}
