import { randomBytes } from "node:crypto";
import { Database } from "./database.ts";
import { loadState, type Saved, saveState } from "./file.ts";
import type { Snapshot } from "./model.ts";
import { Saver } from "./saver.ts";
import { createSeed, type SeededKeys } from "./seed.ts";

export interface StateOptions {
  readonly file: string | undefined;
  /** Undefined takes the saved key or makes one; null means that there is none. */
  readonly adminApiKey: string | null | undefined;
  readonly clock: () => Date;
  readonly deletionTime: number;
}

/** The present database and what belongs to it for as long as it lives. */
export interface State {
  readonly database: Database;
  readonly keys: SeededKeys;
  readonly adminApiKey: string | null;
  readonly sessionSecret: string;
  /** Replaces the database by the seeded one; ids and keys stay the same. */
  reset(): void;
  close(): Promise<void>;
}

/** Opens the state in `file`, or a freshly seeded one, and keeps the file up to date. */
export async function openState(options: StateOptions): Promise<State> {
  const { file, clock, deletionTime } = options;
  const saved = (file === undefined ? undefined : await loadState(file)) ?? freshState(clock());
  const adminApiKey = options.adminApiKey === undefined ? saved.adminApiKey : options.adminApiKey;
  const open = (snapshot: Snapshot) => new Database(snapshot, { clock, deletionTime, changed: () => saver?.changed() });
  let database = open(saved.current);
  const saver =
    file === undefined
      ? undefined
      : new Saver(() => saveState(file, { ...saved, adminApiKey, current: database.snapshot() }));
  saver?.changed();
  return {
    get database() {
      return database;
    },
    keys: saved.seed.keys,
    adminApiKey,
    sessionSecret: saved.sessionSecret,
    reset: () => {
      database = open(saved.seed.snapshot);
      saver?.changed();
    },
    close: async () => await saver?.flush(),
  };
}

function freshState(now: Date): Saved {
  const seed = createSeed(now.toISOString());
  return {
    version: 1,
    adminApiKey: randomBytes(24).toString("base64url"),
    sessionSecret: randomBytes(32).toString("base64url"),
    seed,
    current: seed.snapshot,
  };
}
