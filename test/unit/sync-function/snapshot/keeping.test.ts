import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "#sync/guard/limits.ts";
import { keepSnapshot } from "#sync/snapshot/keeping.ts";
import { parseSnapshot } from "#sync/snapshot/snapshot.ts";
import { rulesOf } from "../plan/world.ts";

const folder = mkdtempSync(path.join(tmpdir(), "snapshots-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("two snapshots of one moment are both kept, and come in the order of time", async () => {
  const organization = (id: string) => ({
    name: id,
    rules: { ...rulesOf({ rules: [] }), organization: id },
    guards: DEFAULT_LIMITS,
    langfuse: {
      countMembers: async () => 1,
      listMemberships: async () => [{ userId: "u1", email: "boss@example.com", role: "OWNER" }],
      listProjects: async () => [],
      listProjectMemberships: async () => [],
    },
  });
  const keep = (id: string, time: string) => keepSnapshot(folder, [organization(id)], new Date(time));
  // Two shards that write at the same time.
  await Promise.all([keep("a", "2026-08-01T12:00:00Z"), keep("b", "2026-08-01T12:00:00Z")]);
  const last = await keep("c", "2026-08-01T12:00:01Z");
  const files = readdirSync(folder).toSorted();
  const kept = files.map((file) => parseSnapshot(readFileSync(path.join(folder, file), "utf8"), file).organizations);
  expect(
    kept
      .flat()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(["a", "b", "c"]);
  expect(files.at(-1)).toBe(path.basename(last));
});
