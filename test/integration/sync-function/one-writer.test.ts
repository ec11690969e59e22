import { describe, expect, it } from "vitest";
import { environmentFor, runCommand } from "./command-line.ts";
import { at, MAPPING, members, people, records, roles } from "./company.ts";
import { startOrganization } from "./organization-server.ts";
import { startProgram } from "./program.ts";
import { startRealm } from "./realm-server.ts";

describe("one writer", () => {
  it.each([
    ["by a lock file", () => ({ LOCK_FILE: at("sync.lock") })],
    ["by the default lock of organization and address", () => ({})],
  ])("of two runs at once one writes and the other ends with 3, %s", async (_title, more) => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members, ({ method }) =>
      method === "PUT" ? (response) => setTimeout(() => response.writeHead(400).end("{}"), 300) : undefined,
    );
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...more() };
    const results = await Promise.all([runCommand(["apply"], environment), runCommand(["apply"], environment)]);
    expect(results.map(({ exitCode }) => exitCode).toSorted()).toEqual([3, 4]);
    expect(langfuse.writes()).toHaveLength(1);
    const late = results.find(({ exitCode }) => exitCode === 3);
    expect(late?.complaints).toMatch(/is writing at this moment and only one may; nothing was changed/);
  });

  it("of two processes at once one writes and the other ends with 3", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members, ({ method }) =>
      method === "PUT" ? (response) => setTimeout(() => response.writeHead(400).end("{}"), 3_000) : undefined,
    );
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...records() };
    const ended = await Promise.all([1, 2].map(() => startProgram(["apply"], environment).ended));
    expect(ended.map(({ exitCode }) => exitCode).toSorted()).toEqual([3, 4]);
    expect(langfuse.writes()).toHaveLength(1);
    const verified = await runCommand(["audit", "verify", at("audit.jsonl")], environment);
    expect(verified.exitCode, verified.output).toBe(0);
  });

  it("and reading is free: a plan needs no lease", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members, ({ method }) =>
      method === "PUT" ? (response) => setTimeout(() => response.writeHead(400).end("{}"), 300) : undefined,
    );
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING) };
    const results = await Promise.all([runCommand(["apply"], environment), runCommand(["plan"], environment)]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([4, 2]);
  });
});
