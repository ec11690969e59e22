import { parseRecord } from "../audit/verification.ts";
import type { LastChange } from "./row.ts";

/** The newest change of each role that an audit file tells about. */
export function lastChanges(
  lines: Iterable<string>,
): (organization: string, userId: string, project: string | undefined) => LastChange | undefined {
  const newest = new Map<string, LastChange>();
  const key = (...parts: readonly string[]) => JSON.stringify(parts);
  for (const line of lines) {
    const record = line === "" ? undefined : parseRecord(line);
    if (record?.event !== "change" || record.outcome !== APPLIED || record.person?.userId == null) continue;
    const { organization = "", person, project = "", time, before = "", after = "", actor } = record;
    newest.set(key(organization, person.userId ?? "", project), { time, before, after, actor });
  }
  return (organization, userId, project = "") => newest.get(key(organization, userId, project));
}

/** What an audit line says of a change that came about. */
const APPLIED = "applied";
