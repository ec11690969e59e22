import { describe, expect, it } from "vitest";
import { environmentFor, runCommand } from "./command-line.ts";
import { at, MAPPING, members, people, records, roles } from "./company.ts";
import { startOrganization } from "./organization-server.ts";
import { startProgram } from "./program.ts";
import { startRealm } from "./realm-server.ts";

/** An organization in which a write takes until `end` is called. */
async function startBusyOrganization() {
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = await startOrganization(members, ({ method }) => {
    if (method !== "PUT") return undefined;
    begun.resolve();
    return (response) => void ended.promise.then(() => response.writeHead(400).end("{}"));
  });
  return Object.assign(server, { writing: begun.promise, end: ended.resolve });
}

/** Lets the write end with the first of the runs, which is the one that must not write. */
async function results<T>(langfuse: { readonly end: () => void }, runs: readonly Promise<T>[]): Promise<T[]> {
  await Promise.race(runs);
  langfuse.end();
  return await Promise.all(runs);
}

describe("one writer", () => {
  it.each([
    ["by a lock file", () => ({ LOCK_FILE: at("sync.lock") })],
    ["by the default lock of organization and address", () => ({})],
  ])("of two runs at once one writes and the other ends with 3, %s", async (_title, more) => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startBusyOrganization();
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...more() };
    const ended = await results(
      langfuse,
      [1, 2].map(() => runCommand(["apply"], environment)),
    );
    expect(ended.map(({ exitCode }) => exitCode).toSorted()).toEqual([3, 4]);
    expect(langfuse.writes()).toHaveLength(1);
    const late = ended.find(({ exitCode }) => exitCode === 3);
    expect(late?.complaints).toMatch(/is writing at this moment and only one may; nothing was changed/);
  });

  it("of two processes at once one writes and the other ends with 3", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startBusyOrganization();
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...records() };
    const ended = await results(
      langfuse,
      [1, 2].map(() => startProgram(["apply"], environment).ended),
    );
    expect(ended.map(({ exitCode }) => exitCode).toSorted()).toEqual([3, 4]);
    expect(langfuse.writes()).toHaveLength(1);
    const verified = await runCommand(["audit", "verify", at("audit.jsonl")], environment);
    expect(verified.exitCode, verified.output).toBe(0);
  });

  it("and reading is free: a plan needs no lease", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startBusyOrganization();
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING) };
    const applied = runCommand(["apply"], environment);
    await langfuse.writing;
    expect(await runCommand(["plan"], environment)).toMatchObject({ exitCode: 2 });
    langfuse.end();
    expect(await applied).toMatchObject({ exitCode: 4 });
  });
});
