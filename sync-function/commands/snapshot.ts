import { mapLimited } from "../concurrency.ts";
import { readOrganization, type Snapshot, snapshotOf } from "../snapshot/snapshot.ts";
import { flagValue } from "./arguments.ts";
import { type Command, createContext } from "./context.ts";
import { writeResult } from "./result-file.ts";

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
  await writeResult(out, `${JSON.stringify(snapshot, undefined, 2)}\n`);
  const count = `${members} members of ${snapshot.organizations.length} organizations`;
  surroundings.print(
    options.json
      ? JSON.stringify({ command: "snapshot", exitCode: 0, file: out, takenAt, members })
      : `Snapshot: ${count} in ${out}`,
  );
  return 0;
};
