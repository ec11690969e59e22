import { linkSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { AccessError, messageOf } from "../errors.ts";
import { heldByAnother, type Lease, NO_LEASE } from "./lease.ts";
import { hasEnded, ownIdentity } from "./process-identity.ts";

export interface FileLeaseOptions {
  /** While somebody writes there is a file beside it, such as `FILE.1`, that says who. */
  readonly file: string;
  /** For messages: what the holder does. */
  readonly title: string;
  /** Called instead of failing where no file can be written; without it that is an error. */
  readonly onUnwritable?: (message: string) => void;
}

const content = z.object({
  host: z.string(),
  pid: z.number(),
  started: z.string(),
  title: z.string(),
});
type Holder = z.output<typeof content>;

/**
 * One writer among the processes that see a folder. Each makes the file with the next higher number, which only one can
 * do, and holds it if nobody else does at that moment: a process that looked at the folder long ago finds out that it is
 * late. Who was killed is succeeded at once.
 */
export function fileLease({ file, title, onUnwritable }: FileLeaseOptions): Lease {
  const mine: Holder = { ...ownIdentity(), title };
  const place = (number: number) => `${file}.${number}`;
  const refuseIfHeld = (numbers: readonly number[]) => {
    for (const number of numbers) {
      const rival = holderOf(place(number));
      if (rival !== undefined) throw heldByAnother(describe(rival), `lock file ${place(number)}`);
    }
  };

  const acquire = () => {
    mkdirSync(path.dirname(file), { recursive: true });
    const found = numbersOf(file);
    refuseIfHeld(found);
    const own = (found.at(-1) ?? 0) + 1;
    if (!make(place(own), mine)) throw heldByAnother("another run", `lock file ${place(own)}`);
    try {
      refuseIfHeld(numbersOf(file).filter((number) => number !== own));
    } catch (error) {
      remove(place(own));
      throw error;
    }
    for (const number of found) remove(place(number));
    return own;
  };

  return {
    acquire: async () => {
      let own: number;
      try {
        own = acquire();
      } catch (error) {
        if (error instanceof AccessError) throw error;
        const message = `no lock file can be written at ${file} (${messageOf(error)})`;
        if (onUnwritable === undefined) {
          throw new AccessError("usage", `${message}; set LOCK_FILE to a place where this process may write`);
        }
        onUnwritable(message);
        return await NO_LEASE.acquire();
      }
      let isHeld = true;
      return {
        lost: new AbortController().signal,
        release: async () => {
          // Once it is given back, the same name may be somebody else's.
          if (isHeld) remove(place(own));
          isHeld = false;
        },
      };
    },
  };
}

/** Numbers of the files that are there, the highest last. */
function numbersOf(file: string): readonly number[] {
  const prefix = `${path.basename(file)}.`;
  return readdirSync(path.dirname(file))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((rest) => /^[1-9]\d*$/.test(rest))
    .map(Number)
    .toSorted((left, right) => left - right);
}

/** Who holds it; undefined when it was given back, or its holder has ended. */
function holderOf(file: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = content.safeParse(parseJson(text));
  // It is linked with its content, so that only a defect of the disk leaves it unreadable.
  return parsed.success && !hasEnded(parsed.data) ? parsed.data : undefined;
}

/** Creates the file with its content in one step; false when it is there. */
function make(file: string, value: Holder): boolean {
  const draft = draftOf(file);
  writeFileSync(draft, JSON.stringify(value), { flag: "wx" });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Somebody else who came later has removed it.
  }
}

function draftOf(file: string): string {
  return `${file}.draft-${process.pid}-${performance.now()}`;
}

function describe({ title, pid, host }: Holder): string {
  return `${title}, process ${pid} on ${host},`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
