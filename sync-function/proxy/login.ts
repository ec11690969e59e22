import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PersonRuns } from "../scoped/person-runs.ts";
import type { Sighting } from "../scoped/sighting.ts";
import type { WhoIs } from "./session.ts";

/**
 * What became of the role of somebody who logged in, before the browser saw the answer.
 *
 * - `in-sync`, `applied`: the role is right, and was so before or not
 * - `refused`: a guard stands against it, or some of it could not be changed
 * - `busy`: another run was writing for too long
 * - `failed`: a server did not answer, or not completely
 * - `late`: the time was over; the run goes on
 */
export const LOGIN_OUTCOMES = ["in-sync", "applied", "refused", "busy", "failed", "late"] as const;
export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number];

/** What happens to a login whose role could not be made sure. */
export const LOGIN_MODES = ["pass", "refuse"] as const;
export type LoginMode = (typeof LOGIN_MODES)[number];

export interface LoginOptions {
  readonly whoIs: WhoIs;
  readonly runs: PersonRuns;
  /** Milliseconds that a login may take longer. */
  readonly budget: number;
  readonly mode: LoginMode;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Ends the runs that are under way. */
  readonly stop: AbortSignal;
  readonly onEnd: (outcome: LoginOutcome, milliseconds: number) => void;
}

/** Whether somebody may enter, for whom it was or was not made sure that the role is right. */
export function mayEnter(outcome: LoginOutcome, mode: LoginMode): boolean {
  return mode === "pass" || outcome === "in-sync" || outcome === "applied";
}

export interface LoginCheck {
  /**
   * Makes the role right of whoever has this session. Throws nothing.
   *
   * @param cookie a `Cookie` header
   * @returns whether the browser may have the session
   */
  admit(cookie: string): Promise<boolean>;
  /** Waits for the runs that browsers do not wait for any more. */
  rest(): Promise<void>;
}

/** Logins of one person at the same time share one run, which goes on also where no browser waits for it. */
export function createLoginCheck(options: LoginOptions): LoginCheck {
  const { whoIs, budget, mode, log, onEnd } = options;
  const underWay = new Map<string, Promise<LoginOutcome>>();
  const sync = sharedRuns(options, underWay);
  const check = async (cookie: string): Promise<LoginOutcome> => {
    try {
      return await sync(await whoIs(cookie));
    } catch (error) {
      log.warn({ reason: messageOf(error) }, "nobody can tell who has logged in");
      return "failed";
    }
  };
  const admit = async (cookie: string) => {
    const started = performance.now();
    const enough = new AbortController();
    const late = sleep(budget, "late" as const, { signal: enough.signal, ref: false });
    late.catch(() => {});
    const outcome = await Promise.race([check(cookie), late]);
    enough.abort();
    const isIn = mayEnter(outcome, mode);
    if (outcome === "late") {
      log.warn({ budget, isIn }, "a login waited as long as it may; the run about this person goes on");
    } else if (outcome !== "in-sync" && outcome !== "applied") {
      log.warn({ outcome, isIn }, "the role of somebody who logged in is left to the next run about everybody");
    }
    onEnd(outcome, performance.now() - started);
    return isIn;
  };
  return { admit, rest: async () => void (await Promise.all(underWay.values())) };
}

/** Runs about one person each, which those share who ask for the same person meanwhile. */
function sharedRuns(
  { runs, budget, log, stop }: LoginOptions,
  underWay: Map<string, Promise<LoginOutcome>>,
): (sighting: Sighting) => Promise<LoginOutcome> {
  const run = async (sighting: Sighting): Promise<LoginOutcome> => {
    const { email } = sighting;
    try {
      const people = { ids: new Set<string>(), emails: new Set([email]) };
      const { outcome, message } = await runs.run(people, { stop, patience: budget, sighting });
      if (message !== undefined) log.warn({ email, outcome, reason: message }, "the role at a login was not changed");
      return outcome === "partial" ? "refused" : outcome;
    } catch (error) {
      log.warn({ email, reason: messageOf(error) }, "the role at a login could not be found out");
      return "failed";
    }
  };
  return (sighting) => {
    const { email } = sighting;
    const shared = underWay.get(email) ?? run(sighting).finally(() => underWay.delete(email));
    underWay.set(email, shared);
    return shared;
  };
}
