import type { Outcome } from "./apply/apply.ts";
import type { Decision } from "./decision.ts";
import type { Concerned } from "./guard/concerned.ts";
import type { Refusal } from "./guard/refusal.ts";
import type { Memory } from "./people/memory.ts";
import type { Change } from "./plan/change.ts";

export type { Refusal };

/** What happens in a run, in this order, for records and figures. */
export type RunEvent =
  /** `people` for a run about single people, which says nothing about the others. */
  | { readonly kind: "started"; readonly command: string; readonly scope?: "people" }
  /** One for every organization: changes and people left alone, each with its reason. */
  | { readonly kind: "decided"; readonly decision: Decision }
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[]; readonly fingerprint: string }
  /** One for every change, when the server has answered. */
  | {
      readonly kind: "answered";
      readonly organization: string;
      readonly change: Change;
      readonly failure: string | undefined;
    }
  /** What was there when it was read again. */
  | { readonly kind: "verified"; readonly organization: string; readonly outcome: Outcome }
  | { readonly kind: "finished"; readonly exitCode: number; readonly error?: string };

/** The right to write, which only one process has. */
export interface Hold extends AsyncDisposable {
  /** Aborted when the right is lost: whoever writes then stops. */
  readonly lost: AbortSignal;
}

/** What stands around a run, so that it is safe and leaves a trace. */
export interface Safeguards {
  /** @throws AccessError `refused` when somebody else has the right to write */
  hold(): Promise<Hold>;
  /** What earlier runs remember. */
  load(): Promise<Memory>;
  /** Before anything is changed, and also where a guard refuses it; only for the organizations of this run. */
  save(memory: Memory): Promise<void>;
  /**
   * @param approvals fingerprints that somebody has approved
   * @param recent by id of the organization, whom runs about single people have concerned lately
   * @returns nothing when the run may go on
   */
  guard(
    decisions: readonly Decision[],
    approvals: readonly string[],
    recent?: ReadonlyMap<string, Concerned>,
  ): Promise<readonly Refusal[]>;
  /** Waited for before the run goes on, so that nothing is done that leaves no trace. */
  record(event: RunEvent): Promise<void>;
}

/** Without any: for a first look, and for tests of what they stand around. */
export const NO_SAFEGUARDS: Safeguards = {
  hold: async () => ({ lost: new AbortController().signal, [Symbol.asyncDispose]: async () => {} }),
  load: async () => new Map(),
  save: async () => {},
  guard: async () => [],
  record: async () => {},
};
