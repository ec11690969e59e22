import type { NamedPeople } from "../scoped/decision.ts";
import type { Hint } from "./hint.ts";

/** What one run is to be about. */
export type Batch =
  | { readonly scope: "everybody" }
  /** Likely: an event has told of a change of theirs that was not read yet. */
  | ({ readonly scope: "people"; readonly isLikely: boolean } & NamedPeople);

/** When something is to be read. All times are milliseconds of one clock that is never set back. */
interface Reading {
  /** When it was last read, or else hinted at first: what has happened since is what is waited for. */
  since: number;
  dueAt: number;
  /** What was read before this may not have the change yet. */
  settledAt: number;
  failures: number;
  isLikely?: boolean;
}

/**
 * Events of Keycloak may come before what they tell of is committed, so that everything is read at once, and again when so
 * many milliseconds have passed since the last hint.
 */
export const SETTLING = 2_000;
/** Second looks are gathered to one of these, so that a second brings one run for them, whatever the events. */
const GATHERING = 1_000;
/** A run about everybody waits for the hints behind the first one, up to this long. */
const LONGEST_GATHERING = 10_000;
/** People of one run; more than so many are read in one piece, by a run about everybody. */
const MOST_PEOPLE = 50;
/** People who wait; beyond it one run about everybody takes the place of all of them. */
export const LONGEST_QUEUE = 1_000;
/** How long a hint is kept that cannot be followed; the next run about everybody then finds what it was about. */
export const KEPT = 10 * 60_000;
const LONGEST_PAUSE = 30_000;
const BUSY_PAUSE = 500;

/**
 * Who has to be read when. It knows no clock: whoever uses it says what time it is. A hint is done with when a run that
 * began late enough has read the person; until then it stays, unless it is too old or there are too many.
 */
export class HintQueue {
  readonly #people = new Map<string, Reading>();
  #everybody: Reading | undefined;
  #pausedUntil = 0;
  #failures = 0;

  /** People who wait. */
  get size(): number {
    return this.#people.size;
  }

  /** @returns whether there were too many, so that everybody will be read instead of each */
  add(hint: Hint, now: number): "queued" | "overflow" {
    if (hint.kind === "everybody") {
      const { since, failures, dueAt } = this.#everybody ?? { since: now, failures: 0, dueAt: now };
      const gatheredAt = Math.max(now, Math.min(now + SETTLING, since + LONGEST_GATHERING));
      this.#everybody = { since, failures, settledAt: now + SETTLING, dueAt: failures === 0 ? gatheredAt : dueAt };
      return "queued";
    }
    const settledAt = Math.ceil((now + SETTLING) / GATHERING) * GATHERING;
    for (const key of [...hint.ids.map((id) => `${ID}${id}`), ...hint.emails.map((email) => `${EMAIL}${email}`)]) {
      const known = this.#people.get(key);
      const dueAt = known === undefined || known.failures === 0 ? now : known.dueAt;
      const isLikely = hint.isLikely || (known?.isLikely ?? false);
      this.#people.set(key, { since: known?.since ?? now, dueAt, settledAt, failures: known?.failures ?? 0, isLikely });
    }
    if (this.#people.size <= LONGEST_QUEUE) return "queued";
    this.#people.clear();
    this.add({ kind: "everybody" }, now);
    return "overflow";
  }

  /** When `take` has something; undefined when nothing waits. */
  nextAt(): number | undefined {
    const times = this.#readings().map(({ dueAt }) => dueAt);
    return times.length === 0 ? undefined : Math.max(this.#pausedUntil, Math.min(...times));
  }

  /** Since when what waits longest has not been read; undefined when nothing waits. */
  waitingSince(): number | undefined {
    const times = this.#readings().map(({ since }) => since);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** What to run about now. One run at a time: its end has to be told before the next is taken. */
  take(now: number): Batch | undefined {
    if (now < this.#pausedUntil) return undefined;
    const due = [...this.#people].filter(([, { dueAt }]) => dueAt <= now);
    const hasFailed = this.#everybody !== undefined && this.#everybody.failures > 0;
    // A run about everybody is one about these people as well; once it has failed, they do not wait for it to succeed.
    const first = hasFailed ? Math.min(...due.map(([, { dueAt }]) => dueAt)) : now;
    if (this.#everybody !== undefined && this.#everybody.dueAt <= Math.min(now, first)) return { scope: "everybody" };
    if (due.length === 0) return undefined;
    // Who could not be read goes alone, so as to stand in the way of nobody else.
    const fresh = this.#failures > 0 ? [] : due.filter(([, { failures }]) => failures === 0);
    if (fresh.length > MOST_PEOPLE && !hasFailed) {
      this.#everybody = { since: now, settledAt: now, failures: 0, ...this.#everybody, dueAt: now };
      return { scope: "everybody" };
    }
    const chosen = fresh.length > 0 ? fresh.slice(0, MOST_PEOPLE) : due.slice(0, 1);
    const keys = chosen.map(([key]) => key);
    const isLikely = chosen.some(([, reading]) => reading.isLikely);
    return { scope: "people", isLikely, ids: named(keys, ID), emails: named(keys, EMAIL) };
  }

  /** A run that was taken at this time has read everything that was to be read. */
  done(batch: Batch, takenAt: number): void {
    this.#failures = 0;
    for (const key of this.#keysOf(batch)) {
      const reading = this.#people.get(key);
      if (reading === undefined) continue;
      if (reading.settledAt <= takenAt) this.#people.delete(key);
      else this.#people.set(key, { ...reading, ...again(reading, takenAt) });
    }
    if (batch.scope === "people" || this.#everybody === undefined) return;
    if (this.#everybody.settledAt <= takenAt) this.#everybody = undefined;
    else this.#everybody = { ...this.#everybody, ...again(this.#everybody, takenAt) };
  }

  /** Somebody else was writing: the same again in a moment. */
  busy(now: number): void {
    this.#pausedUntil = now + BUSY_PAUSE;
  }

  /**
   * It could not be read. Everything waits, longer each time, and what failed waits longest.
   *
   * @returns how many hints were given up, which are left to the next run about everybody
   */
  failed(batch: Batch, now: number): number {
    this.#failures += 1;
    this.#pausedUntil = now + pauseAfter(this.#failures);
    let given = 0;
    const isOld = ({ settledAt }: Reading) => now - settledAt > KEPT;
    for (const key of batch.scope === "people" ? this.#keysOf(batch) : []) {
      const reading = this.#people.get(key);
      if (reading === undefined) continue;
      // It goes to the end, so that the others have their turn.
      this.#people.delete(key);
      if (isOld(reading)) given += 1;
      else this.#people.set(key, failedAgain(reading, now));
    }
    if (batch.scope === "everybody" && this.#everybody !== undefined) {
      if (isOld(this.#everybody)) given += 1;
      this.#everybody = isOld(this.#everybody)
        ? undefined
        : { ...this.#everybody, ...failedAgain(this.#everybody, now) };
    }
    return given;
  }

  /** The process is about to end: everything is due, and once is enough. */
  hurry(now: number): void {
    this.#pausedUntil = now;
    for (const [key, reading] of this.#people) this.#people.set(key, { ...reading, dueAt: now, settledAt: now });
    if (this.#everybody) this.#everybody = { ...this.#everybody, dueAt: now, settledAt: now };
  }

  #readings(): readonly Reading[] {
    return [...this.#people.values(), ...(this.#everybody ? [this.#everybody] : [])];
  }

  #keysOf(batch: Batch): readonly string[] {
    if (batch.scope === "everybody") return [...this.#people.keys()];
    return [...[...batch.ids].map((id) => `${ID}${id}`), ...[...batch.emails].map((email) => `${EMAIL}${email}`)];
  }
}

/** Of the keys, which tell ids from addresses. */
const ID = "id ";
const EMAIL = "email ";

function named(keys: readonly string[], kind: string): ReadonlySet<string> {
  return new Set(keys.filter((key) => key.startsWith(kind)).map((key) => key.slice(kind.length)));
}

/** Who was hinted at while the run was under way is due at once; the others when what they tell of must be there. */
function again({ dueAt, settledAt, isLikely = false }: Reading, takenAt: number) {
  const isHintedSince = dueAt > takenAt;
  const next = { dueAt: isHintedSince ? dueAt : settledAt, isLikely: isHintedSince && isLikely };
  return { since: takenAt, failures: 0, ...next };
}

function failedAgain(reading: Reading, now: number): Reading {
  const failures = reading.failures + 1;
  return { ...reading, failures, dueAt: now + pauseAfter(failures) };
}

function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE, 500 * 2 ** failures);
}
