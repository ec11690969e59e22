import { beforeEach, describe, expect, it } from "vitest";
import { derivedPair } from "#components/langfuse/key-pair.ts";
import * as key from "#components/langfuse/project-api-key-lifecycle.ts";
import type { ApiKeySettings } from "#sync/langfuse/client.ts";
import { freshProcess, gone, noSpare, refusal, silent, spareKeys, standing, unused } from "../answers.ts";

beforeEach(freshProcess);

const now = new Date("2026-06-01T12:00:00Z");
const inputs = {
  organizationId: "o1",
  projectId: "p1",
  service: "chat",
  environment: "production",
  managedBy: "access/dev/chat",
  seed: "s".repeat(48),
  organizationPublicKey: "pk-lf-1",
  organizationSecretKey: "sk-lf-1",
};
const note = "chat in production, managed by access/dev/chat";
const pair = (serial: number) => derivedPair(inputs.seed, ["p1", note, serial]);
const outputs = { ...inputs, serial: 1, issuedAt: "2026-05-01T00:00:00Z", retiring: [], ...pair(1) };
const first = { serial: 1, issuedAt: "2026-06-01T12:00:00Z", retiring: [] };
const retiring = { serial: 1, publicKey: pair(1).publicKey, projectId: "p1", since: "2026-06-01T10:00:00Z" };
const rotated = { ...outputs, serial: 2, retiring: [retiring], ...pair(2) };

interface Row {
  readonly id: string;
  readonly publicKey: string;
  readonly note: string | null;
  readonly lastUsedAt?: string;
}

/** Two projects, of which the first has these keys, that note what is written. */
function server(first: Row[] = [], second: Row[] = []) {
  const writes: string[] = [];
  const rowsOf = (project: string) => {
    const rows = { p1: first, p2: second }[project];
    if (!rows) throw refusal(404);
    return rows;
  };
  return {
    writes,
    rows: first,
    listProjects: async () => ["p1", "p2"].map((id) => ({ id, name: id })),
    listProjectApiKeys: async (project: string) => [...rowsOf(project)],
    createProjectApiKey: async (project: string, settings: ApiKeySettings = {}) => {
      const rows = rowsOf(project);
      const { publicKey = "", secretKey = "" } = settings;
      if (rows.some((row) => row.publicKey === publicKey)) throw refusal(409);
      writes.push(`create ${publicKey}`);
      rows.push({ id: `id-${rows.length}`, publicKey, note: settings.note ?? null });
      return { id: "new", publicKey, secretKey };
    },
    deleteProjectApiKey: async (project: string, id: string) => {
      const rows = rowsOf(project);
      writes.push(`delete ${id}`);
      rows.splice(
        rows.findIndex((row) => row.id === id),
        1,
      );
    },
  };
}

const ours = (serial: number): Row => ({ id: `k${serial}`, publicKey: pair(serial).publicKey, note });

describe("a key of a service is created", () => {
  it("as the pair that follows from its seed, with an id that tells whose it is and no secret", async () => {
    const client = server([{ id: "theirs", publicKey: "pk-lf-x", note: null }]);
    expect(await key.create(inputs, client, now)).toEqual({ id: "p1/chat/production", outs: { ...outputs, ...first } });
    expect(client.writes).toEqual([`create ${pair(1).publicKey}`]);
    expect(pair(1).secretKey).toMatch(/^sk-lf-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it("once, when its answer was lost", async () => {
    const client = server();
    await key.create(inputs, client);
    await key.create(inputs, client);
    expect(client.rows).toHaveLength(1);
  });

  it("instead of one whose seed was lost with the state", async () => {
    const client = server([{ id: "old", publicKey: "pk-lf-old", note }]);
    await key.create(inputs, client);
    expect(client.writes).toEqual([`create ${pair(1).publicKey}`, "delete old"]);
  });
});

describe("a rotation", () => {
  it("makes the new pair and keeps the former one", async () => {
    const client = server([ours(1)]);
    const news = { ...inputs, generation: 2 };
    const said: string[] = [];
    expect(await key.diff(outputs, news, now, client, (line) => said.push(line))).toEqual({
      changes: true,
      replaces: [],
    });
    expect(said).toEqual(["chat in production: pair 1 → 2, the former one goes on for now"]);
    const { outs } = await key.update(news, outputs, client, now);
    expect(outs).toMatchObject({ serial: 2, retiring: [{ ...retiring, since: "2026-06-01T12:00:00Z" }], ...pair(2) });
    expect(client.rows.map((row) => row.publicKey)).toEqual([pair(1).publicKey, pair(2).publicKey]);
  });

  it("ends the former pair when the server tells that it is idle", async () => {
    const client = server([{ ...ours(1), lastUsedAt: "2026-06-01T10:30:00Z" }, ours(2)]);
    expect(await key.diff(rotated, inputs, now, client, silent)).toEqual({ changes: true, replaces: [] });
    expect((await key.update(inputs, rotated, client, now)).outs.retiring).toEqual([]);
    expect(client.writes).toEqual(["delete k1"]);
  });

  it("lets a former pair that is in use live", async () => {
    const client = server([{ ...ours(1), lastUsedAt: "2026-06-01T11:59:00Z" }, ours(2)]);
    expect(await key.diff(rotated, inputs, now, client, silent)).toEqual({ changes: false, replaces: [] });
  });

  it("does not begin by itself, nor end a preview when the organization's key is refused", async () => {
    expect(await key.diff(outputs, inputs, now, server(), silent)).toEqual({ changes: false, replaces: [] });
    const locked = { ...server(), listProjectApiKeys: () => Promise.reject(refusal(401)) };
    expect(await key.diff(rotated, inputs, now, locked, silent)).toEqual({ changes: false, replaces: [] });
  });

  it("leaves the inputs as they are declared, whatever the time, so that a saved plan fits", () => {
    expect(key.check({}, { ...inputs, rotateEvery: "90d" }).inputs).toEqual({ ...inputs, rotateEvery: "90d" });
  });
});

describe("a service that moves", () => {
  it.each([
    ["to another project", { projectId: "p2" }],
    ["to another name", { service: "talk" }],
    ["to another environment", { environment: "staging" }],
  ])("%s keeps its former pair for the overlap", async (_title, change) => {
    const client = server([ours(1)]);
    const news = { ...inputs, ...change };
    expect(await key.diff(outputs, news, now, client, silent)).toEqual({ changes: true, replaces: [] });
    const { outs } = await key.update(news, outputs, client, now);
    expect(outs.retiring).toEqual([{ ...retiring, since: "2026-06-01T12:00:00Z" }]);
    expect(client.writes).toEqual([`create ${outs.publicKey}`]);
  });

  it("loses the former pair, where it is, when nobody uses it any more", async () => {
    const moved = { ...inputs, projectId: "p2" };
    const news = { serial: 2, publicKey: "pk-lf-2" };
    const there: Row[] = [];
    const client = server([{ ...ours(1), lastUsedAt: "2026-06-01T10:30:00Z" }], there);
    const { outs } = await key.update(moved, outputs, client, new Date("2026-06-01T10:00:00Z"));
    expect(outs).toMatchObject({ serial: news.serial, retiring: [retiring] });
    expect(await key.diff(outs, moved, now, client, silent)).toEqual({ changes: true, replaces: [] });
    expect((await key.update(moved, outs, client, now)).outs.retiring).toEqual([]);
    expect(client.rows).toEqual([]);
    expect(there).toHaveLength(1);
  });

  it("does not touch the pairs of another service that takes its name", async () => {
    const theirs = { id: "k9", publicKey: "pk-lf-9", note: "chat in production, managed by access/dev/other" };
    const client = server([theirs]);
    await key.create(inputs, client, now);
    await key.remove({ ...outputs, ...first }, client, noSpare);
    expect(client.rows).toEqual([theirs]);
  });

  it("loses all its pairs, in every project, when it is removed", async () => {
    const elsewhere = { id: "k2", publicKey: "pk-lf-2", note };
    const there = [elsewhere];
    const client = server([ours(1)], there);
    await key.remove({ ...outputs, projectId: "p2", publicKey: "pk-lf-2", retiring: [retiring] }, client, noSpare);
    expect(client.writes).toEqual(["delete k2", "delete k1"]);
  });
});

describe("a key of a service is read", () => {
  it("as it is", async () => {
    expect(await key.read("x", outputs, server([ours(1)]), unused)).toEqual({ id: "x", props: outputs, inputs });
  });

  it("as lost when somebody deleted it, so that the next update makes another pair", async () => {
    const { props = { ...outputs, lost: false } } = await key.read("x", outputs, server(), unused);
    expect(props.lost).toBe(true);
    expect(await key.diff(props, inputs, now, server(), silent)).toEqual({ changes: true, replaces: [] });
    const { outs } = await key.update(inputs, props, server(), now);
    expect(outs).toEqual({ ...inputs, ...first, serial: 2, ...pair(2) });
  });

  it("as lost by a half answer only until the update finds it, whose users would be cut off otherwise", async () => {
    const { props = outputs } = await key.read("x", outputs, server(), unused);
    const client = server([ours(1)]);
    expect((await key.update(inputs, props, client, now)).outs).toEqual(outputs);
    expect(client.writes).toEqual([]);
  });

  it("as nothing when its project is gone", async () => {
    expect(await key.read("x", { ...outputs, projectId: "gone" }, server(), unused)).toEqual({});
  });

  it("as it was when only the key of the organization was deleted", async () => {
    const locked = { ...server(), listProjectApiKeys: () => Promise.reject(refusal(401)) };
    expect(await key.read("x", outputs, locked, standing)).toEqual({ id: "x", props: outputs, inputs });
    expect(await key.read("x", outputs, locked, gone)).toEqual({});
  });
});

describe("the removal of a key of a service", () => {
  it("ends all its pairs and nobody else's", async () => {
    const client = server([ours(1), { id: "theirs", publicKey: "pk-lf-x", note: "theirs" }, ours(2)]);
    await key.remove(outputs, client, noSpare);
    expect(client.rows.map(({ id }) => id)).toEqual(["theirs"]);
  });

  it("is done when its project is gone", async () => {
    await key.remove({ ...outputs, projectId: "gone" }, server(), noSpare);
  });

  it("takes a pair made for it alone when the stored one of the organization has ended", async () => {
    const locked = { ...server(), listProjectApiKeys: () => Promise.reject(refusal(401)) };
    const client = server([ours(1)]);
    await key.remove(outputs, locked, spareKeys(client.writes), () => client);
    expect(client.writes).toEqual(["spare", "delete k1", "no spare"]);
  });
});

describe("the inputs of a key of a service", () => {
  it.each([
    ["need a seed that is long enough", { ...inputs, seed: "short" }, ["seed"]],
    ["need a time with a unit", { ...inputs, rotateEvery: "90" }, ["rotateEvery"]],
    ["are fine", inputs, []],
  ])("%s", (_title, news, properties) => {
    expect(key.check({}, news).failures.map(({ property }) => property)).toEqual(properties);
  });

  it.each([
    ["another organization", { organizationId: "o2" }, true, ["organizationId"]],
    ["another key of the organization", { organizationSecretKey: "sk-lf-9" }, false, []],
    ["another seed", { seed: "t".repeat(48) }, true, []],
    ["another policy", { rotateEvery: "90d" }, false, []],
  ])("%s: changes are %s, replaced for %j", async (_title, changed, changes, replaces) => {
    const news = { ...inputs, ...changed };
    expect(await key.diff(outputs, news, now, server(), silent)).toEqual({ changes, replaces });
  });
});
