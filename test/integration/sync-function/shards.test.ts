import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { shardOf } from "#sync/plan/shard.ts";
import { environmentFor, runCommand } from "./command-line.ts";
import { approvalIn, at, boss, many, records, roles, six } from "./company.ts";
import { startOrganization } from "./organization-server.ts";
import { startRealm } from "./realm-server.ts";

describe("shards", () => {
  it("are refused each for itself, and one command approves them all, once", async () => {
    await using keycloak = await startRealm({ people: [boss, ...many("langfuse-admin")], roles });
    const members = { "boss@example.com": "OWNER", ...six("VIEWER") };
    await using first = await startOrganization(members);
    await using second = await startOrganization(members);
    await using calm = await startOrganization({ "boss@example.com": "OWNER" });
    /** Ids that belong to the first shard, to the second, and to the first again. */
    const ids = [0, 1, 0].map(
      (shard, index) =>
        Array.from({ length: 20 }, (_, n) => `org-${index}-${n}`).find((id) => shardOf(id, 2) === shard) ?? "",
    );
    const organizations = [first, second, calm].map(({ url }, index) => ({
      id: ids[index],
      langfuseUrl: url,
      publicKeyVariable: "LANGFUSE_PUBLIC_KEY",
      secretKeyVariable: "LANGFUSE_SECRET_KEY",
      rules: [
        { from: { realmRole: "langfuse-owner" }, organization: "OWNER" },
        { from: { realmRole: "langfuse-admin" }, organization: "ADMIN" },
      ],
    }));
    await writeFile(at("sync.json"), JSON.stringify({ organizations }));
    const { LANGFUSE_ORG_ID: _id, ROLE_MAPPING: _mapping, ...common } = environmentFor(keycloak, first);
    const apply = (shard: number, ...approvals: string[]) => applyOf(2, shard, ...approvals);
    const applyOf = (shards: number, shard: number, ...approvals: string[]) =>
      runCommand(["apply", ...approvals.flatMap((approval) => ["--approve", approval])], {
        ...common,
        ...records(),
        SYNC_CONFIG: at("sync.json"),
        LOCK_FILE: at(`${shard}.lock`),
        SHARDS: `${shards}`,
        JOB_COMPLETION_INDEX: `${shard}`,
      });
    const idle = [0, 1, 2, 3].find((shard) => !ids.some((id) => shardOf(id, 4) === shard)) ?? 0;
    expect(await applyOf(4, idle)).toMatchObject({ exitCode: 0, complaints: "" });
    const refused = [await apply(0), await apply(1)];
    expect(refused.map(({ exitCode }) => exitCode)).toEqual([3, 3]);
    const approvals = refused.map(approvalIn);
    expect(new Set(approvals).size).toBe(2);
    const [, other = ""] = approvals;
    expect(await apply(0, other)).toMatchObject({
      exitCode: 3,
      complaints: expect.stringContaining("is for another plan"),
    });
    expect([...first.writes(), ...second.writes()]).toEqual([]);

    expect([(await apply(0, ...approvals)).exitCode, second.writes()]).toEqual([0, []]);
    expect([(await apply(1, ...approvals)).exitCode, first.writes().length]).toEqual([0, 6]);
    expect(first.roles()).toEqual({ "boss@example.com": "OWNER", ...six("ADMIN") });
    // Nothing is refused any more, so that the same command does no harm.
    expect((await apply(0, ...approvals)).exitCode).toBe(0);
    // Somebody undoes it: what was approved was approved once.
    for (const email of Object.keys(six("VIEWER"))) {
      await fetch(`${second.url}/api/public/scim/Users/user-${email}`, { method: "PUT", body: '{"roles":["VIEWER"]}' });
    }
    const again = await apply(1, ...approvals);
    expect([again.exitCode, again.complaints]).toEqual([3, expect.stringContaining("was used before and holds once")]);
  });
});
