import { describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import * as key from "#components/langfuse/organization-api-key-lifecycle.ts";
import { never, refusal } from "../answers.ts";

const now = new Date("2026-06-01T12:00:00Z");
const given = { organizationId: "o1", note: "role sync" };
const inputs = { ...given, serial: 1, issuedAt: "2026-05-01T00:00:00Z", retiring: [] };
const outputs = { ...inputs, publicKey: "pk-k1", secretKey: "sk-lf-1" };

/** An organization with keys of these notes, by id, that notes what is written. */
function server(notes: Record<string, string | null> = {}, lastUsedAt: string | null = null) {
  const writes: string[] = [];
  return {
    writes,
    listApiKeys: async (organization: string) => {
      if (organization !== "o1") throw refusal(404);
      return Object.entries(notes).map(([id, note]) => ({ id, note, publicKey: `pk-${id}`, lastUsedAt }));
    },
    createApiKey: async (_organization: string, settings: { note?: string } = {}) => {
      writes.push(`create ${settings.note}`);
      return { id: "new", publicKey: "pk-new", secretKey: "sk-lf-new", note: settings.note };
    },
    deleteApiKey: async (organization: string, id: string) => {
      if (organization !== "o1") throw refusal(404);
      writes.push(`delete ${id}`);
    },
  };
}

const made = { publicKey: "pk-new", secretKey: "sk-lf-new" };

describe("an organization key is created", () => {
  it("beside the keys of others", async () => {
    const client = server({ theirs: "backup", alike: "role sync of others", unnamed: null });
    expect(await key.create(inputs, client)).toEqual({ id: "new", outs: { ...inputs, ...made } });
    expect(client.writes).toEqual(["create role sync"]);
  });

  it("after the one whose secret was lost with its answer is removed", async () => {
    const client = server({ lost: "role sync", theirs: "backup" });
    await key.create(inputs, client);
    expect(client.writes).toEqual(["delete lost", "create role sync"]);
  });
});

describe("a rotation of an organization key", () => {
  const rotated = async () => (await key.check(inputs, { ...given, ...{ generation: 2 } }, now, never)).inputs;

  it("makes the new pair and keeps the former one", async () => {
    const client = server({ k1: "role sync" });
    const { outs } = await key.update(await rotated(), outputs, client);
    expect(outs).toMatchObject({ serial: 2, retiring: [{ serial: 1, since: "2026-06-01T12:00:00Z" }], ...made });
    expect(client.writes).toEqual(["create role sync (2)"]);
  });

  it("removes the new pair whose answer was lost before it makes another", async () => {
    const client = server({ k1: "role sync", lost: "role sync (2)" });
    await key.update(await rotated(), outputs, client);
    expect(client.writes).toEqual(["delete lost", "create role sync (2)"]);
  });

  it("ends the former pair when it has been idle, and keeps the current one", async () => {
    const news = { ...inputs, serial: 2, retiring: [{ serial: 1, since: "2026-06-01T10:00:00Z" }] };
    const olds = { ...news, publicKey: "pk-k2", secretKey: "sk-lf-2" };
    const client = server({ k1: "role sync", k2: "role sync (2)" }, "2026-06-01T10:00:00Z");
    const { inputs: checked } = await key.check(news, given, now, () => client);
    expect(checked.retiring).toEqual([]);
    const { outs } = await key.update(checked, olds, client);
    expect(outs).toMatchObject({ publicKey: "pk-k2", secretKey: "sk-lf-2" });
    expect(client.writes).toEqual(["delete k1"]);
  });

  it("does not begin by itself", async () => {
    const { inputs: news } = await key.check(inputs, given, now, never);
    expect(key.diff(outputs, news)).toEqual({ changes: false, replaces: [] });
  });
});

describe("an organization key is read", () => {
  it("with the secret that only the state knows", async () => {
    expect(await key.read("k1", outputs, server({ k1: "role sync" }))).toEqual({ id: "k1", props: outputs, inputs });
  });

  it("as lost when somebody deleted it, so that the next update makes another", async () => {
    const { inputs: found } = await key.read("k1", outputs, server({ other: "backup" }));
    expect((await key.check(found ?? {}, given, now, never)).inputs).toMatchObject({ serial: 2, retiring: [] });
  });

  it("as nothing when its organization is gone", async () => {
    expect(await key.read("k1", { ...outputs, organizationId: "gone" }, server())).toEqual({});
  });

  it("not at all when the server fails", async () => {
    const client = { ...server(), listApiKeys: () => Promise.reject(refusal(401)) };
    await expect(key.read("k1", outputs, client)).rejects.toThrow("401");
  });
});

describe("the removal of an organization key", () => {
  it("ends all its pairs and nobody else's", async () => {
    const client = server({ k1: "role sync", k2: "role sync (2)", theirs: "backup" });
    await key.remove(inputs, client);
    expect(client.writes).toEqual(["delete k1", "delete k2"]);
  });

  it("is done when its organization is gone", async () => {
    await key.remove({ ...inputs, organizationId: "gone" }, server());
  });

  it("ends in the server's other refusals", async () => {
    const client = { ...server({ k1: "role sync" }), deleteApiKey: () => Promise.reject(refusal(403)) };
    await expect(key.remove(inputs, client)).rejects.toThrow("403");
  });
});

describe("the inputs of an organization key", () => {
  it.each([
    ["may be unknown in a preview", { ...given, organizationId: UNKNOWN }, []],
    ["must not be empty", { organizationId: "", note: "" }, ["organizationId", "note"]],
  ])("%s", async (_title, news, properties) => {
    expect((await key.check({}, news, now, never)).failures.map((failure) => failure.property)).toEqual(properties);
  });

  it.each([
    ["another note", { note: "x" }, ["note"]],
    ["another organization", { organizationId: "o2" }, ["organizationId"]],
  ])("%s replaces the key", (_title, changed, replaces) => {
    expect(key.diff(outputs, { ...inputs, ...changed })).toEqual({ changes: true, replaces });
  });
});
