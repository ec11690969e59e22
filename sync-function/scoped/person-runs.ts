import { unlessAborted } from "../concurrency.ts";
import { deadline } from "../deadline.ts";
import type { Decision } from "../decision.ts";
import { AccessError } from "../errors.ts";
import { execute, exitCodeOf } from "../execution.ts";
import { logAnswers } from "../execution-log.ts";
import { RecentlyConcerned } from "../guard/recent.ts";
import { HeldByAnother, patiently } from "../lease/lease.ts";
import type { Logger } from "../log.ts";
import type { Organization } from "../organization.ts";
import type { Memory } from "../people/memory.ts";
import type { Directory } from "../people/person.ts";
import type { Change } from "../plan/change.ts";
import { recordedRun } from "../recorded-run.ts";
import type { Safeguards } from "../safeguards.ts";
import { refuseUnsafe } from "../unsafe-run.ts";
import { decideAbout, isSettled, type NamedPeople } from "./decision.ts";
import { asSighted, type Sighting } from "./sighting.ts";

/**
 * What became of a run about single people.
 *
 * - `in-sync`: nothing had to change; nothing was locked, written or recorded
 * - `applied`, `partial`: all changes were made, or some failed
 * - `refused`: a guard stands against it; it is left to the next run about everybody, which somebody may approve
 * - `busy`: another run was writing for all of the time there was to wait
 */
export interface PersonRunResult {
  readonly outcome: "in-sync" | "applied" | "partial" | "refused" | "busy";
  /** Those that came about. */
  readonly changes: readonly Change[];
  /** Why it was refused, or who was busy. */
  readonly message?: string;
}

export interface PersonRunOptions {
  /** Ends reading at once, and writing after the person in hand. */
  readonly stop: AbortSignal;
  /** Milliseconds to wait for another run to end. Default 5000. */
  readonly patience?: number;
  /** The one person the run is about, where Langfuse has just shown them. */
  readonly sighting?: Sighting;
  /**
   * Something will probably have to change: then the lease is taken at once, instead of reading everything once more with
   * it. Default false.
   */
  readonly isLikely?: boolean;
}

/** Runs about single people in a process that stays: one writes at a time, in this process and under the lease. */
export interface PersonRuns {
  /**
   * Reads the effective roles of these people and the members of Langfuse, decides about these people by the rules, and if
   * something has to change, takes the lease, reads and decides again, and makes the changes under the same guards, with
   * the same audit trail, as a run about everybody. Whom Keycloak does not know is left to a run about everybody.
   *
   * Requests when nothing has to change: three to Keycloak for each id and two for each address, two to Langfuse for each
   * organization (and one for each project, where rules look at projects), or none where a session shows it all; all of them
   * over kept connections with a kept token, and the proof of the sync's rights once a minute. A change costs the same again
   * unless it was likely, the lease, its own request and one that reads it; a loss some ten more to prove it.
   *
   * @throws AccessError when a side cannot be read, or not completely: nothing was changed then
   */
  run(people: NamedPeople, options: PersonRunOptions): Promise<PersonRunResult>;
}

/** What runs use until something is wrong with it. */
export interface Connections {
  readonly beginDirectory: () => Directory;
  readonly organizations: readonly Organization[];
  /** Ends every call that is under way. */
  readonly abandon: () => void;
}

export interface PersonRunsSettings {
  /** Says in the audit trail who runs, such as `webhook`. */
  readonly command: string;
  /** Reads the configuration anew: secrets may have been replaced. */
  readonly connect: () => Connections;
  /** Those of one run. */
  readonly safeguards: () => Promise<Safeguards>;
  /** Called before anything is taken from anybody. */
  readonly keepBefore: (decisions: readonly Decision[], stop: AbortSignal) => Promise<void>;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** Milliseconds of a clock that is never set back. */
  readonly now: () => number;
}

/** Milliseconds after which a run ends that hangs. */
const DEADLINE = 60_000;

const PATIENCE = 5_000;

/**
 * How long links of earlier runs are believed when it is found out whether something has to change, in milliseconds. Before
 * something is changed they are read anew.
 */
const MEMORY_LIFE = 60_000;

export function createPersonRuns(settings: PersonRunsSettings): PersonRuns {
  const { command, log, now } = settings;
  const recent = new RecentlyConcerned();
  let connections: Connections | undefined;
  let remembered: { readonly at: number; readonly memory: Memory } | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const connected = () => {
    connections ??= settings.connect();
    return connections;
  };
  const memory = async () => {
    if (remembered === undefined || now() - remembered.at > MEMORY_LIFE) {
      remembered = { at: now(), memory: await (await settings.safeguards()).load() };
    }
    return remembered.memory;
  };
  const decide = async (people: NamedPeople, known: Promise<Memory>, stop: AbortSignal) => {
    const { beginDirectory, organizations } = connected();
    return await unlessAborted(stop, decideAbout(people, beginDirectory(), organizations, known), stopped);
  };

  const change = async (people: NamedPeople, stop: AbortSignal, patience: number): Promise<PersonRunResult> => {
    const safeguards = await settings.safeguards();
    await using hold = await patiently(safeguards.hold, { patience, stop });
    const until = AbortSignal.any([stop, hold.lost]);
    const { abandon } = connected();
    const leave = () => {
      abandon();
      connections = undefined;
    };
    hold.lost.addEventListener("abort", leave, { once: true });
    const decisions = await decide(people, safeguards.load(), until);
    if (decisions.every(({ plan }) => plan.changes.length === 0)) return IN_SYNC;
    const changes: Change[] = [];
    const held = async () => ({ lost: hold.lost, [Symbol.asyncDispose]: async () => {} });
    const exitCode = await recordedRun(
      command,
      { safeguards: { ...safeguards, hold: held }, log },
      async () => {
        for (const decision of decisions) await safeguards.record({ kind: "decided", decision });
        const refusals = await safeguards.guard(decisions, [], recent.since(now()));
        await refuseUnsafe(decisions, refusals, safeguards, () => LEFT);
        await settings.keepBefore(decisions, until);
        for (const { organization, plan } of decisions) {
          recent.note(organization.rules.organization, plan.changes, now());
        }
        const executions = await execute(decisions, { safeguards, stop: until, onAnswer: logAnswers(log) });
        changes.push(...executions.flatMap(({ outcome }) => outcome.applied));
        return exitCodeOf(executions);
      },
      "people",
    );
    return { outcome: exitCode === 0 ? "applied" : "partial", changes };
  };
  const changeInTurn = async (people: NamedPeople, stop: AbortSignal, patience: number): Promise<PersonRunResult> => {
    // Whose time is over by then would still ask for the right to write, and make those behind wait for the answer.
    const mine = turn.then(() => (stop.aborted ? Promise.reject(stopped()) : change(people, stop, patience)));
    turn = mine.catch(() => {});
    try {
      return await mine;
    } catch (error) {
      if (!(error instanceof AccessError) || error.kind !== "refused") throw error;
      return { outcome: error instanceof HeldByAnother ? "busy" : "refused", changes: [], message: error.message };
    }
  };

  const settled = async (people: NamedPeople, stop: AbortSignal, sighting: Sighting | undefined) => {
    const { beginDirectory, organizations } = connected();
    const looked = sighting === undefined ? organizations : asSighted(organizations, sighting);
    if (looked.length === 0) return true;
    const reading = memory().then((links) => isSettled(people, beginDirectory(), looked, links));
    return await unlessAborted(stop, reading, stopped);
  };

  return {
    run: async (people, { stop: asked, patience = PATIENCE, isLikely = false, sighting }) => {
      using limit = deadline(DEADLINE, asked);
      const stop = limit.signal;
      try {
        if (!isLikely && (await settled(people, stop, sighting))) return IN_SYNC;
        return await changeInTurn(people, stop, patience);
      } catch (error) {
        // What is wrong may be an address or a secret that was replaced meanwhile.
        connections = undefined;
        throw error;
      }
    },
  };
}

const LEFT = "the next run about everybody decides about these people; look at its plan";

const IN_SYNC: PersonRunResult = { outcome: "in-sync", changes: [] };

function stopped(): AccessError {
  return new AccessError("incomplete", "the run was told to stop, or its time was over, before anything was changed");
}
