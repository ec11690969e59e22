import { writeFile } from "node:fs/promises";
import { mapLimited } from "../concurrency.ts";
import { AccessError, messageOf } from "../errors.ts";
import { readOrganization, type Snapshot, snapshotOf } from "../snapshot/snapshot.ts";
import { flagValue } from "./arguments.ts";
import { type Command, createContext } from "./context.ts";

const ORGANIZATIONS_AT_ONCE = 4;

export const snapshotCommand: Command = async (surroundings, options) => {
  const { organizations, log } = await createContext(surroundings, options);
  const takenAt = new Date().toISOString();
  const snapshot: Snapshot = {
    schema: "langfuse-access/snapshot/1",
    takenAt,
    organizations: await mapLimited(organizations, ORGANIZATIONS_AT_ONCE, async ({ rules, langfuse }) =>
      snapshotOf(rules.organization, await readOrganization(langfuse)),
    ),
  };
  const out = flagValue(options, "--out");
  const members = snapshot.organizations.reduce((sum, organization) => sum + organization.members.length, 0);
  log.info({ organizations: snapshot.organizations.length, members, takenAt }, "snapshot taken");
  if (out === undefined) {
    surroundings.print(JSON.stringify(snapshot, undefined, options.json ? undefined : 2));
    return 0;
  }
  await write(out, `${JSON.stringify(snapshot, undefined, 2)}\n`);
  const count = `${members} members of ${snapshot.organizations.length} organizations`;
  surroundings.print(
    options.json
      ? JSON.stringify({ command: "snapshot", exitCode: 0, file: out, takenAt, members })
      : `Snapshot: ${count} in ${out}`,
  );
  return 0;
};

async function write(path: string, text: string): Promise<void> {
  try {
    // It holds the addresses and roles of everybody.
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    throw new AccessError("usage", `--out "${path}" cannot be written (${messageOf(error)}); choose another file`);
  }
}
