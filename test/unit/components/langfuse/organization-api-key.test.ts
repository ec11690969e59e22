import { describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import * as key from "#components/langfuse/organization-api-key-lifecycle.ts";
import { never, refusal, silent } from "../answers.ts";

const now = new Date("2026-06-01T12:00:00Z");
const inputs = { organizationId: "o1", note: "role sync" };
const rotation = { serial: 1, issuedAt: "2026-05-01T00:00:00Z", retiring: [] };
const outputs = { ...inputs, ...rotation, publicKey: "pk-k1", secretKey: "sk-lf-1" };

/** An organization with keys of these notes, by id, that notes what is written. */
function server(notes: Record<string, string | null> = {}, lastUsedAt: string | null = null) {
  const writes: string[] = [];
  return {
    writes,
    listOrganizations: async () => [{ id: "o1", name: "Company", projects: [] }],
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
const first = { serial: 1, issuedAt: "2026-06-01T12:00:00Z", retiring: [] };

describe("an organization key is created", () => {
  it("beside the keys of others", async () => {
    const client = server({ theirs: "backup", alike: "role sync of others", unnamed: null });
    expect(await key.create(inputs, client, now)).toEqual({ id: "new", outs: { ...inputs, ...first, ...made } });
    expect(client.writes).toEqual(["create role sync"]);
  });

  it("after the one whose secret was lost with its answer is removed", async () => {
    const client = server({ lost: "role sync", theirs: "backup" });
    await key.create(inputs, client);
    expect(client.writes).toEqual(["delete lost", "create role sync"]);
  });
});

describe("a rotation of an organization key", () => {
  const asked = { ...inputs, generation: 2 };
  const retiring = { serial: 1, publicKey: "pk-k1", since: "2026-06-01T10:00:00Z" };
  const rotated = { ...outputs, serial: 2, retiring: [retiring], publicKey: "pk-k2", secretKey: "sk-lf-2" };

  it("makes the new pair and keeps the former one", async () => {
    const client = server({ k1: "role sync" });
    const said: string[] = [];
    expect(await key.diff(outputs, asked, now, never, (line) => said.push(line))).toEqual({
      changes: true,
      replaces: [],
    });
    expect(said).toEqual(["role sync: pair 1 → 2, the former one goes on for now"]);
    const { outs } = await key.update(asked, outputs, client, now);
    expect(outs).toMatchObject({
      serial: 2,
      retiring: [{ serial: 1, publicKey: "pk-k1", since: "2026-06-01T12:00:00Z" }],
      ...made,
    });
    expect(client.writes).toEqual(["create role sync (2)"]);
  });

  it("removes the new pair whose answer was lost before it makes another", async () => {
    const client = server({ k1: "role sync", lost: "role sync (2)" });
    await key.update(asked, outputs, client, now);
    expect(client.writes).toEqual(["delete lost", "create role sync (2)"]);
  });

  it("ends the former pair when it has been idle, and keeps the current one", async () => {
    const client = server({ k1: "role sync", k2: "role sync (2)" }, "2026-06-01T10:00:00Z");
    expect(await key.diff(rotated, inputs, now, () => client, silent)).toEqual({ changes: true, replaces: [] });
    const { outs } = await key.update(inputs, rotated, client, now);
    expect(outs).toMatchObject({ serial: 2, retiring: [], publicKey: "pk-k2", secretKey: "sk-lf-2" });
    expect(client.writes).toEqual(["delete k1"]);
  });

  it("lets the former pair live as long as somebody uses it", async () => {
    const client = server({ k1: "role sync", k2: "role sync (2)" }, "2026-06-01T11:59:00Z");
    expect(await key.diff(rotated, inputs, now, () => client, silent)).toEqual({ changes: false, replaces: [] });
  });

  it("does not begin by itself", async () => {
    expect(await key.diff(outputs, inputs, now, never, silent)).toEqual({ changes: false, replaces: [] });
  });

  it("leaves the inputs as they are declared, whatever the time, so that a saved plan fits", () => {
    expect(key.check(asked).inputs).toEqual(asked);
  });
});

describe("an organization key is read", () => {
  it("with the secret that only the state knows", async () => {
    expect(await key.read("k1", outputs, server({ k1: "role sync" }))).toEqual({ id: "k1", props: outputs, inputs });
  });

  it("as lost when somebody deleted it, so that the next update makes another", async () => {
    const { props = outputs } = await key.read("k1", outputs, server({ other: "backup" }));
    expect(await key.diff(props, inputs, now, never, silent)).toEqual({ changes: true, replaces: [] });
    const { outs } = await key.update(inputs, props, server({ other: "backup" }), now);
    expect(outs).toEqual({ ...inputs, ...first, serial: 2, ...made });
  });

  it("as lost by a half answer only until the update finds it, whose users would be cut off otherwise", async () => {
    const { props = outputs } = await key.read("k1", outputs, server());
    const client = server({ k1: "role sync" });
    expect((await key.update(inputs, props, client, now)).outs).toEqual(outputs);
    expect(client.writes).toEqual([]);
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
    const spare = "one deletion, made by langfuse-access";
    const client = server({ k1: "role sync", k2: "role sync (2)", theirs: "backup", k3: spare });
    await key.remove(inputs, client);
    expect(client.writes).toEqual(["delete k1", "delete k2", "delete k3"]);
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
    ["may be unknown in a preview", { ...inputs, organizationId: UNKNOWN }, []],
    ["must not be empty", { organizationId: "", note: "" }, ["organizationId", "note"]],
  ])("%s", (_title, news, properties) => {
    expect(key.check(news).failures.map((failure) => failure.property)).toEqual(properties);
  });

  it.each([
    ["another note", { note: "x" }, ["note"]],
    ["another organization", { organizationId: "o2" }, ["organizationId"]],
  ])("%s replaces the key", async (_title, changed, replaces) => {
    expect(await key.diff(outputs, { ...inputs, ...changed }, now, never, silent)).toEqual({ changes: true, replaces });
  });
});
