import { readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { shardOf } from "#sync/plan/shard.ts";
import { parseSnapshot } from "#sync/snapshot/snapshot.ts";
import { environmentFor, runCommand } from "./command-line.ts";
import { at, boss, MAPPING, members, people, records, roles } from "./company.ts";
import { startOrganization } from "./organization-server.ts";
import { type Person, startRealm } from "./realm-server.ts";

describe("records", () => {
  it("of a Job that shares the work have its index, and are found by it", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const index = shardOf("organization-1", 2);
    const environment = {
      ...environmentFor(keycloak, langfuse),
      ROLE_MAPPING: JSON.stringify(MAPPING),
      ...records(),
      SHARDS: "2",
      JOB_COMPLETION_INDEX: `${index}`,
    };
    expect((await runCommand(["apply"], environment)).exitCode).toBe(0);
    const file = at(`audit.jsonl.${index}`);
    const { JOB_COMPLETION_INDEX: _, ...elsewhere } = environment;
    const verified = await runCommand(["audit", "verify", file], elsewhere);
    expect([verified.exitCode, verified.output]).toEqual([0, expect.stringContaining("compared with the state")]);
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    await writeFile(file, `${lines.slice(0, -1).join("\n")}\n`);
    expect((await runCommand(["audit", "verify", file], elsewhere)).output).toContain("truncated");
    const report = await runCommand(["report", "--format", "json"], environment);
    const { rows } = JSON.parse(report.output);
    expect(rows.find(({ email }: { email: string }) => email === "a@example.com").lastChange).toBeTruthy();
  });

  it("tell who changed what and why, without a secret, and survive nothing being wrong", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...records() };
    for (const _ of [1, 2]) expect((await runCommand(["apply"], environment)).exitCode).toBe(0);
    const text = await readFile(at("audit.jsonl"), "utf8");
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual([
      "run-started",
      "decision",
      "change",
      "run-finished",
      "run-started",
      "run-finished",
    ]);
    expect(lines[2]).toMatchObject({
      organization: "organization-1",
      person: { email: "a@example.com", keycloakId: "a" },
      before: "VIEWER",
      after: "MEMBER",
      cause: "they hold langfuse-member",
      outcome: "applied",
      actor: expect.stringMatching(/^langfuse-sync by /),
    });
    for (const name of ["audit.jsonl", "state.json", "sync.prom"]) {
      expect(await readFile(at(name), "utf8")).not.toMatch(/secret-value|Bearer|Basic/);
    }
  });

  it("of what was there are kept before something is taken, and only then", async () => {
    await using langfuse = await startOrganization(members);
    const environment = {
      ROLE_MAPPING: JSON.stringify(MAPPING),
      ...records(),
      SNAPSHOT_FOLDER: at("snapshots"),
    };
    const apply = async (person: Person, more: Record<string, string> = {}) => {
      await using keycloak = await startRealm({ people: [boss, person], roles });
      return await runCommand(["apply"], { ...environmentFor(keycloak, langfuse), ...environment, ...more });
    };
    const a: Person = { id: "a", email: "a@example.com", roles: ["langfuse-member"] };
    expect((await apply(a)).exitCode).toBe(0);
    await expect(readdir(at("snapshots"))).rejects.toThrow("ENOENT");

    await writeFile(at("file"), "");
    const blocked = await apply({ ...a, enabled: false }, { SNAPSHOT_FOLDER: at("file/below") });
    expect([blocked.exitCode, langfuse.roles()["a@example.com"]], blocked.complaints).toEqual([64, "MEMBER"]);

    expect((await apply({ ...a, enabled: false })).exitCode).toBe(0);
    expect(langfuse.roles()["a@example.com"]).toBe("NONE");
    const [file = ""] = await readdir(at("snapshots"));
    const snapshot = parseSnapshot(await readFile(at(`snapshots/${file}`), "utf8"), file);
    expect(snapshot.organizations[0]?.members.find(({ email }) => email === "a@example.com")?.role).toBe("MEMBER");
  });

  it("that somebody has shortened or edited are found out", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING), ...records() };
    await runCommand(["apply"], environment);
    const text = await readFile(at("audit.jsonl"), "utf8");
    const verify = () => runCommand(["audit", "verify", at("audit.jsonl")], environment);
    await writeFile(at("audit.jsonl"), `${text.trim().split("\n").slice(0, -1).join("\n")}\n`);
    expect(await verify()).toMatchObject({ exitCode: 2, output: expect.stringContaining("truncated") });
    await writeFile(at("audit.jsonl"), text.replace("a@example.com", "b@example.com"));
    expect(await verify()).toMatchObject({ exitCode: 2, output: expect.stringContaining("edited") });
  });

  it("that cannot be written keep the run from changing anything", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const environment = { ...environmentFor(keycloak, langfuse), ROLE_MAPPING: JSON.stringify(MAPPING) };
    await writeFile(at("broken"), "{");
    const broken: readonly [Record<string, string>, number][] = [
      [{ AUDIT_FILE: at("absent/audit.jsonl") }, 64],
      [{ STATE_FILE: at("broken") }, 5],
      [{ METRICS_FILE: at("x") }, 64],
    ];
    for (const [more, expected] of broken) {
      const { exitCode, complaints } = await runCommand(["apply"], { ...environment, ...more });
      expect([exitCode, langfuse.writes()], complaints).toEqual([expected, []]);
    }
  });

  it("go to the output in a pod that has no file for them, and the chain goes on from the state", async () => {
    await using keycloak = await startRealm({ people, roles });
    await using langfuse = await startOrganization(members);
    const environment = {
      ...environmentFor(keycloak, langfuse),
      ROLE_MAPPING: JSON.stringify(MAPPING),
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      STATE_FILE: at("state.json"),
    };
    const outputs = [await runCommand(["apply"], environment), await runCommand(["apply"], environment)];
    const lines = outputs.flatMap(({ output }) => output.split("\n").filter((line) => line.startsWith('{"event"')));
    await writeFile(at("collected.jsonl"), `${lines.join("\n")}\n`);
    const verified = await runCommand(["audit", "verify", at("collected.jsonl")], environment);
    expect(verified).toMatchObject({ exitCode: 0, output: expect.stringContaining("6 lines in order") });
  });
});
