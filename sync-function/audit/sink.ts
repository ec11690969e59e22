import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import path from "node:path";
import { AccessError, messageOf } from "../errors.ts";
import type { AuditHead } from "./record.ts";
import { parseRecord } from "./verification.ts";

/** Where lines go. */
export interface AuditSink {
  /** The end of what is there already; undefined when the sink remembers nothing. */
  readonly end: AuditEnd | undefined;
  /** Writes whole lines at once: a process that ends right after it loses none. */
  write(text: string): void;
  /** Waits until the lines would survive a power failure. */
  flush(): void;
  close(): void;
}

export interface AuditEnd {
  /** Last whole line; undefined in a new file. */
  readonly head: AuditHead | undefined;
  /** What is behind it without a line break. */
  readonly rest: string;
}

/** Longest line in bytes that is looked for at the end; a refusal names ten people. */
const TAIL = 256 * 1024;

/** @throws AccessError `usage` when the file cannot be opened, `incomplete` when it is no audit file */
export function fileSink(file: string): AuditSink {
  let handle: number;
  try {
    handle = openSync(file, "a+", 0o600);
    // A new file is in its folder only when that has been written too.
    syncFolder(path.dirname(file));
  } catch (error) {
    throw new AccessError(
      "usage",
      `AUDIT_FILE is "${file}", which cannot be written (${messageOf(error)}); mount a volume there, or correct the path`,
    );
  }
  let end: AuditEnd;
  try {
    end = endOf(handle, file);
  } catch (error) {
    closeSync(handle);
    throw error;
  }
  return {
    end,
    write: (text) => {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
    },
    flush: () => fsyncSync(handle),
    close: () => closeSync(handle),
  };
}

/** For pods without a volume: whoever collects the output keeps the lines. */
export function outputSink(print: (line: string) => void): AuditSink {
  return { end: undefined, write: (text) => print(text.trimEnd()), flush: () => {}, close: () => {} };
}

function endOf(handle: number, file: string): AuditEnd {
  const size = fstatSync(handle).size;
  const bytes = Buffer.alloc(Math.min(size, TAIL));
  readSync(handle, bytes, 0, bytes.length, size - bytes.length);
  const lines = bytes.toString("utf8").split("\n");
  const rest = lines.pop() ?? "";
  // Lines that a run left cut off are passed over: the one that says so comes after them.
  const last = lines.findLast((line) => line !== "");
  if (last === undefined) return { head: undefined, rest };
  const record = lines.toReversed().flatMap((line) => parseRecord(line) ?? [])[0];
  if (record === undefined) {
    throw new AccessError(
      "incomplete",
      `${file} does not end like an audit file; move it away, or correct AUDIT_FILE, so that nothing of it is lost`,
    );
  }
  return { head: { sequence: record.sequence, hash: record.hash }, rest };
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
