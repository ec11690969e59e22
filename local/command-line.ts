import { AccessError, messageOf } from "#sync/errors.ts";

/**
 * Ends a command the way a person expects: errors that are meant for them appear as their message, with the exit code of
 * their kind; a defect keeps its stack trace.
 */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const usage = isArgumentError(error) ? new AccessError("usage", `${messageOf(error)}. See --help.`) : error;
    console.error(usage instanceof AccessError ? usage.message : usage);
    process.exitCode = usage instanceof AccessError ? usage.exitCode : 1;
  }
}

/** What `parseArgs` of node:util throws. */
function isArgumentError(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && code.startsWith("ERR_PARSE_ARGS");
}
