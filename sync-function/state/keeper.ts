import { messageOf } from "../errors.ts";
import type { ChosenState } from "./choice.ts";
import { EMPTY_STATE, parseState, type SyncState, stateText } from "./document.ts";

/** The state of one run: read once, changed in memory, and written as a whole. */
export interface StateKeeper {
  /** Whether what is written now is there in the next run. */
  readonly isKept: boolean;
  /** Reads it when it is asked for first. */
  current(): Promise<SyncState>;
  /** Changes it without writing. */
  update(change: (state: SyncState) => SyncState): Promise<void>;
  /** @throws AccessError when a place was configured and cannot be written */
  write(): Promise<void>;
}

export interface StateKeeperOptions {
  /** Undefined where nothing can be kept: every run then begins anew. */
  readonly chosen: ChosenState | undefined;
  readonly warn: (message: string) => void;
}

export function stateKeeper({ chosen, warn }: StateKeeperOptions): StateKeeper {
  let reading: Promise<SyncState> | undefined;
  let isKept = chosen !== undefined;
  /** A default that does not work is as if there was none; whoever configured a place relies on it. */
  const tolerate = (error: unknown) => {
    if (chosen?.isConfigured) throw error;
    isKept = false;
    warn(`nothing is remembered for the next run: ${messageOf(error)}`);
  };
  const read = async (): Promise<SyncState> => {
    if (chosen === undefined) return EMPTY_STATE;
    const text = await chosen.store.read().catch(tolerate);
    return text === undefined ? EMPTY_STATE : parseState(text, chosen.store.title);
  };
  const current = () => {
    reading ??= read();
    return reading;
  };
  return {
    get isKept() {
      return isKept;
    },
    current,
    update: async (change) => {
      reading = Promise.resolve(change(await current()));
    },
    write: async () => {
      const state = await current();
      if (chosen !== undefined && isKept) await chosen.store.write(stateText(state)).catch(tolerate);
    },
  };
}
