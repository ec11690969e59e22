import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { mapLimited } from "../concurrency.ts";
import { AccessError, messageOf } from "../errors.ts";
import type { Organization } from "../organization.ts";
import { writeAtomically } from "../state/file-store.ts";
import { type MembershipReader, readOrganization, type Snapshot, snapshotOf } from "./snapshot.ts";

const ORGANIZATIONS_AT_ONCE = 4;

/** Reads everything that `restore` needs to lead back to this moment. */
export async function takeSnapshot(
  organizations: readonly Organization<MembershipReader>[],
  now: Date,
): Promise<Snapshot> {
  return {
    schema: "langfuse-access/snapshot/1",
    takenAt: now.toISOString(),
    organizations: await mapLimited(organizations, ORGANIZATIONS_AT_ONCE, async ({ rules, langfuse }) =>
      snapshotOf(rules.organization, await readOrganization(langfuse)),
    ),
  };
}

/**
 * Takes a snapshot and keeps it in a folder, for its owner only: it holds the addresses and roles of everybody.
 *
 * @returns the file, whose name begins with the time
 * @throws AccessError `usage` when it cannot be written
 */
export async function keepSnapshot(
  folder: string,
  organizations: readonly Organization<MembershipReader>[],
  now: Date,
): Promise<string> {
  const snapshot = await takeSnapshot(organizations, now);
  // Runs with other organizations may take theirs at the same moment.
  const own = randomUUID().slice(0, 8);
  const file = path.join(folder, `${snapshot.takenAt.replaceAll(":", "-")}-${own}.json`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeAtomically(file, `${JSON.stringify(snapshot, undefined, 2)}\n`);
  } catch (error) {
    throw new AccessError(
      "usage",
      `SNAPSHOT_FOLDER is "${folder}", where nothing can be written (${messageOf(error)}); mount a volume there; nothing was changed`,
    );
  }
  return file;
}
