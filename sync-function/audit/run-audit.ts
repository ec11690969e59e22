import { AccessError, messageOf } from "../errors.ts";
import type { RunEvent } from "../safeguards.ts";
import { auditEntries } from "./entries.ts";
import { type AuditEntry, type AuditHead, GENESIS, type RememberedHead } from "./record.ts";
import { fileSink, outputSink } from "./sink.ts";
import { type AuditTrail, openAuditTrail } from "./trail.ts";

/** The audit trail of one run, opened with its first line. */
export interface RunAudit {
  observe(event: RunEvent): Promise<void>;
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** Last line that was written; undefined when none was. */
  head(): AuditHead | undefined;
  close(): void;
}

export interface RunAuditOptions {
  /** With AUDIT_FILE, or in a pod. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How the file of this Job is told from those it shares the work with; may be empty. */
  readonly shard: string;
  readonly print: (text: string) => void;
  /** Last line the state remembers. */
  readonly anchor: () => Promise<RememberedHead | undefined>;
  /** Has the state remember that this run begins behind a line; waited for before anything is written there. */
  readonly begin: (head: RememberedHead) => Promise<void>;
  readonly run: string;
  readonly actor: string;
  readonly warn: (message: string) => void;
}

/** Lines go to AUDIT_FILE; in a pod without one to the output, which is collected there; otherwise nowhere. */
export function runAudit(options: RunAuditOptions): RunAudit {
  const { environment, shard, print, anchor, begin, run, actor, warn } = options;
  const { AUDIT_FILE: file, KUBERNETES_SERVICE_HOST: isPod } = environment;
  const entriesOf = auditEntries();
  let trail: AuditTrail | undefined;
  const opened = async () => {
    if (trail !== undefined || (!file && !isPod)) return trail;
    const remembered = await anchor();
    const sink = file ? fileSink(`${file}${shard}`) : outputSink(print);
    // A file tells where it ends; of an output nobody knows, once the run that wrote there was ended by force.
    if (!file) await begin({ ...(remembered ?? GENESIS), open: run });
    trail = openAuditTrail({ sink, anchor: remembered, run, actor, now: () => new Date(), warn });
    return trail;
  };
  const write = async (entries: readonly AuditEntry[], isDurable: boolean) => {
    if (entries.length === 0) return;
    try {
      const open = await opened();
      open?.append(...entries);
      if (isDurable) open?.flush();
    } catch (error) {
      if (error instanceof AccessError) throw error;
      throw new AccessError(
        "incomplete",
        `AUDIT_FILE ${file} cannot be written (${messageOf(error)}); free some space`,
      );
    }
  };
  return {
    // A line for each answer is written at once; waiting for the disk every time would slow down thousands of changes.
    observe: (event) => write(entriesOf(event), event.kind !== "answered"),
    append: (entries) => write(entries, true),
    head: () => trail?.head,
    close: () => trail?.close(),
  };
}
