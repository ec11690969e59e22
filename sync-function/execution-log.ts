import type { ExecutionOptions } from "./execution.ts";
import type { Logger } from "./log.ts";

/** Tells in the log of each change whether it came about. */
export function logAnswers(log: Pick<Logger, "info" | "error">): NonNullable<ExecutionOptions["onAnswer"]> {
  return (organization, { kind, email, userId, from, to, project, reason }, failure) => {
    const change = { kind, email, userId, from, to, project: project?.id, reason, organization };
    if (failure === undefined) log.info(change, "role changed");
    else log.error({ ...change, failure }, "role not changed");
  };
}
