import { takeSnapshot } from "../snapshot/keeping.ts";
import { flagValue } from "./arguments.ts";
import { type Command, createContext } from "./context.ts";
import { writeResult } from "./result-file.ts";

export const snapshotCommand: Command = async (surroundings, options) => {
  const { organizations, log } = await createContext(surroundings, options);
  const snapshot = await takeSnapshot(organizations, new Date());
  const { takenAt } = snapshot;
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
