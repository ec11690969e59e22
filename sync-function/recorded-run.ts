import { AccessError, DEFECT_EXIT_CODE, EXIT_CODES, messageOf } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Safeguards } from "./safeguards.ts";

/**
 * Does what may write while nobody else does, between the records of its beginning and its end. What went wrong first is
 * what is told, also where it cannot be written down.
 *
 * @param work gets a signal that is aborted when nothing more may be written
 * @param scope of a run that is not about everybody
 * @returns the exit code
 */
export async function recordedRun(
  command: string,
  { safeguards, log }: { readonly safeguards: Safeguards; readonly log: Pick<Logger, "info" | "warn" | "error"> },
  work: (lost: AbortSignal) => Promise<number>,
  scope?: "people",
): Promise<number> {
  // Who does not hold it leaves no line in the audit trail and no figure: both are the holder's to write.
  const held = safeguards.hold();
  held.catch((error: unknown) => log.warn({ command, reason: messageOf(error) }, "not begun"));
  await using hold = await held;
  let exitCode: number;
  try {
    await safeguards.record({ kind: "started", command, ...(scope && { scope }) });
    exitCode = await work(hold.lost);
  } catch (error) {
    const code = error instanceof AccessError ? error.exitCode : DEFECT_EXIT_CODE;
    await safeguards
      .record({ kind: "finished", exitCode: code, error: messageOf(error) })
      .catch((trouble: unknown) => log.error(`the end of the run was not recorded: ${messageOf(trouble)}`));
    throw error;
  }
  try {
    await safeguards.record({ kind: "finished", exitCode });
  } catch (trouble) {
    // What was changed is in place, so it must not read like a run that did nothing.
    log.error(`the end of the run was not recorded: ${messageOf(trouble)}`);
    exitCode = exitCode === 0 ? EXIT_CODES.partial : exitCode;
  }
  log.info({ command, exitCode }, "finished");
  return exitCode;
}
