import { describe, expect, it } from "vitest";
import { derivedPair } from "#components/langfuse/key-pair.ts";
import * as key from "#components/langfuse/project-api-key-lifecycle.ts";
import type { ApiKeySettings } from "#sync/langfuse/client.ts";
import { never, refusal } from "../answers.ts";

const now = new Date("2026-06-01T12:00:00Z");
const given = {
  organizationId: "o1",
  projectId: "p1",
  service: "chat",
  environment: "production",
  managedBy: "access/dev",
  seed: "s".repeat(48),
  organizationPublicKey: "pk-lf-1",
  organizationSecretKey: "sk-lf-1",
};
const note = "chat in production, managed by access/dev";
const inputs = { ...given, serial: 1, issuedAt: "2026-05-01T00:00:00Z", retiring: [] };
const pair = (serial: number) => derivedPair(given.seed, ["p1", note, serial]);
const outputs = { ...inputs, ...pair(1) };
const standing = { getOrganization: async () => ({ id: "o1", name: "Company", projects: [] }) };
const gone = { getOrganization: () => Promise.reject(refusal(404)) };
const unused = { getOrganization: never };

interface Row {
  readonly id: string;
  readonly publicKey: string;
  readonly note: string | null;
  readonly lastUsedAt?: string;
}

/** A project with these keys that notes what is written. */
function server(rows: Row[] = []) {
  const writes: string[] = [];
  return {
    writes,
    rows,
    listProjectApiKeys: async (project: string) => {
      if (project !== "p1") throw refusal(404);
      return [...rows];
    },
    createProjectApiKey: async (_project: string, settings: ApiKeySettings = {}) => {
      const { publicKey = "", secretKey = "" } = settings;
      if (rows.some((row) => row.publicKey === publicKey)) throw refusal(409);
      writes.push(`create ${publicKey}`);
      rows.push({ id: `id-${rows.length}`, publicKey, note: settings.note ?? null });
      return { id: "new", publicKey, secretKey };
    },
    deleteProjectApiKey: async (_project: string, id: string) => {
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
    expect(await key.create(inputs, client)).toEqual({ id: "p1/chat/production", outs: outputs });
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
    const news = (await key.check(inputs, { ...given, ...{ generation: 2 } }, now, never)).inputs;
    expect(news).toMatchObject({ serial: 2, retiring: [{ serial: 1, since: "2026-06-01T12:00:00Z" }] });
    const { outs } = await key.update(news, client);
    expect(outs).toMatchObject(pair(2));
    expect(client.rows.map((row) => row.publicKey)).toEqual([pair(1).publicKey, pair(2).publicKey]);
  });

  it("ends the former pair when the server tells that it is idle", async () => {
    const former = { ...inputs, serial: 2, retiring: [{ serial: 1, since: "2026-06-01T10:00:00Z" }] };
    const idle = server([{ ...ours(1), lastUsedAt: "2026-06-01T10:30:00Z" }, ours(2)]);
    const news = (await key.check(former, given, now, () => idle)).inputs;
    expect(news.retiring).toEqual([]);
    expect(key.diff({ ...former, ...pair(2) }, news)).toEqual({ changes: true, replaces: [] });
    await key.update(news, idle);
    expect(idle.writes).toEqual(["delete k1"]);
  });

  it("lets a former pair that is in use live", async () => {
    const former = { ...inputs, serial: 2, retiring: [{ serial: 1, since: "2026-06-01T10:00:00Z" }] };
    const busy = server([{ ...ours(1), lastUsedAt: "2026-06-01T11:59:00Z" }, ours(2)]);
    expect((await key.check(former, given, now, () => busy)).inputs.retiring).toHaveLength(1);
  });

  it("does not begin by itself", async () => {
    const { inputs: news } = await key.check(inputs, given, now, never);
    expect(key.diff(outputs, news)).toEqual({ changes: false, replaces: [] });
  });
});

describe("a key of a service is read", () => {
  it("as it is", async () => {
    expect(await key.read("x", outputs, server([ours(1)]), unused)).toEqual({ id: "x", props: outputs, inputs });
  });

  it("as lost when somebody deleted it, so that the next update makes another pair", async () => {
    const { inputs: found } = await key.read("x", outputs, server(), unused);
    expect(found?.lost).toBe(true);
    const { inputs: news } = await key.check(found ?? {}, given, now, never);
    expect(news.serial).toBe(2);
    expect("lost" in (await key.update(news, server())).outs).toBe(false);
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
    await key.remove(outputs, client, unused);
    expect(client.rows.map(({ id }) => id)).toEqual(["theirs"]);
  });

  it("is done when its project is gone", async () => {
    await key.remove({ ...outputs, projectId: "gone" }, server(), unused);
  });

  it("says what to do when the key of the organization was deleted", async () => {
    const locked = { ...server(), listProjectApiKeys: () => Promise.reject(refusal(401)) };
    await expect(key.remove(outputs, locked, standing)).rejects.toThrow("Run `pulumi up` first");
    await key.remove(outputs, locked, gone);
  });
});

describe("the inputs of a key of a service", () => {
  it.each([
    ["need a seed that is long enough", { ...given, seed: "short" }, ["seed"]],
    ["need a time with a unit", { ...given, rotateEvery: "90" }, ["rotateEvery"]],
    ["are fine", given, []],
  ])("%s", async (_title, news, properties) => {
    expect((await key.check({}, news, now, never)).failures.map(({ property }) => property)).toEqual(properties);
  });

  it.each([
    ["another project", { projectId: "p2" }, true, ["projectId"]],
    ["another service", { service: "batch" }, true, ["service"]],
    ["another key of the organization", { organizationSecretKey: "sk-lf-9" }, true, []],
    ["another seed", { seed: "t".repeat(48) }, true, []],
    ["another policy", { rotateEvery: "1d" }, false, []],
  ])("%s: changes are %s, replaced for %j", (_title, changed, changes, replaces) => {
    expect(key.diff(outputs, { ...inputs, ...changed })).toEqual({ changes, replaces });
  });
});
