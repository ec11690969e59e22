import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { KubernetesClient } from "#sync/kubernetes/client.ts";
import { chooseState } from "#sync/state/choice.ts";
import { configMapStore } from "#sync/state/config-map-store.ts";
import { EMPTY_STATE, isApprovalUsed, parseState, stateText, withApproval, withSuccess } from "#sync/state/document.ts";
import { fileStore } from "#sync/state/file-store.ts";
import { stateKeeper } from "#sync/state/keeper.ts";
import { memoryOf, withMemory } from "#sync/state/memory.ts";

const folder = mkdtempSync(path.join(tmpdir(), "state-"));
const file = path.join(folder, "below", "state.json");
afterAll(() => rmSync(folder, { recursive: true }));
const now = new Date("2026-08-01T12:00:00Z");

describe("the document", () => {
  const absences = new Map([["u2", now.toISOString()]]);
  const memory = new Map([["o1", { absences, links: new Map([["u1", "k1"]]), unavailable: new Map([["u1", 1]]) }]]);

  it("is read back as it was written, the same bytes for the same content", () => {
    const state = withSuccess(withApproval(withMemory(EMPTY_STATE, memory), "f1", now), ["o1"], now);
    expect(parseState(stateText(state), "x")).toEqual(state);
    expect(stateText({ ...state, approvals: { b: now.toISOString(), a: now.toISOString() } })).toBe(
      stateText({ ...state, approvals: { a: now.toISOString(), b: now.toISOString() } }),
    );
    expect(memoryOf(state)).toEqual(memory);
  });

  it("keeps organizations that a run was not about", () => {
    const both = withMemory(
      withMemory(EMPTY_STATE, memory),
      new Map([["o2", { absences: new Map(), links: new Map(), unavailable: new Map() }]]),
    );
    expect([...memoryOf(both).keys()]).toEqual(["o1", "o2"]);
  });

  it("remembers an approval for a year and more", () => {
    const used = withApproval(EMPTY_STATE, "f1", now);
    const later = (days: number) => withApproval(used, "f2", new Date(now.getTime() + days * 86_400_000));
    expect([isApprovalUsed(used, "f1"), isApprovalUsed(used, "f2")]).toEqual([true, false]);
    expect([isApprovalUsed(later(366), "f1"), isApprovalUsed(later(401), "f1")]).toEqual([true, false]);
  });

  it.each(["", "{", "[]", '{"version":2}', '{"version":1,"extra":true}'])("%j is refused with advice", (text) => {
    expect(() => parseState(text, "STATE_FILE x")).toThrow(/^STATE_FILE x .*move it away to begin anew/);
  });
});

describe("a file", () => {
  it("is made with its folder, for nobody else to read, and no draft is left", async () => {
    const store = fileStore(file);
    expect(await store.read()).toBeUndefined();
    await store.write("one");
    await store.write("two");
    expect([await store.read(), readdirSync(path.dirname(file))]).toEqual(["two", ["state.json"]]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("that cannot be written is an error where it was chosen, and a warning where it is only the default", async () => {
    const blocked = path.join(folder, "blocked");
    writeFileSync(blocked, "");
    const store = fileStore(path.join(blocked, "state.json"));
    const warnings: string[] = [];
    const warn = (text: string) => warnings.push(text);
    const chosen = stateKeeper({
      chosen: { store: { ...store, read: async () => undefined }, isConfigured: true },
      warn,
    });
    await expect(chosen.write()).rejects.toMatchObject({ kind: "usage" });
    const preset = stateKeeper({ chosen: { store, isConfigured: false }, warn });
    await preset.write();
    expect([preset.isKept, warnings.length]).toEqual([false, 1]);
  });

  it("that is damaged is never taken for an empty one", async () => {
    writeFileSync(file, "{");
    const keeper = stateKeeper({ chosen: { store: fileStore(file), isConfigured: true }, warn: () => {} });
    await expect(keeper.current()).rejects.toMatchObject({ kind: "incomplete" });
    expect(readFileSync(file, "utf8")).toBe("{");
  });
});

describe("a ConfigMap", () => {
  const server = () => {
    let stored: { metadata: { resourceVersion: string } } | undefined;
    let version = 0;
    const keep = (body: unknown) => {
      version += 1;
      stored = { ...Object(body), metadata: { resourceVersion: String(version) } };
      return stored;
    };
    const client: Pick<KubernetesClient, "read" | "create" | "replace"> = {
      read: async (_path, schema) => stored && schema.parse(stored),
      create: async (_path, body, schema) => (stored ? undefined : schema.parse(keep(body))),
      replace: async (_path, body, schema) => {
        const { metadata } = body as { metadata: { resourceVersion: string } };
        return metadata.resourceVersion === stored?.metadata.resourceVersion ? schema.parse(keep(body)) : undefined;
      },
    };
    return client;
  };

  it("is made, read and replaced", async () => {
    const client = server();
    const store = configMapStore(client, { namespace: "n", name: "s" });
    expect(await store.read()).toBeUndefined();
    await store.write("one");
    await store.write("two");
    expect(await configMapStore(client, { namespace: "n", name: "s" }).read()).toBe("two");
  });

  it("that somebody else has changed is not overwritten", async () => {
    const client = server();
    const [mine, other] = [1, 2].map(() => configMapStore(client, { namespace: "n", name: "s" }));
    await mine?.read();
    await other?.read();
    await other?.write("other");
    await expect(mine?.write("mine")).rejects.toMatchObject({ kind: "refused" });
    expect(await other?.read()).toBe("other");
  });

  it("is compressed once it is large, and a text again once it is small", async () => {
    const client = server();
    const store = configMapStore(client, { namespace: "n", name: "s" });
    const large = randomBytes(250_000).toString("hex");
    for (const text of ["one", large, "two"]) {
      await store.write(text);
      const kept = await configMapStore(client, { namespace: "n", name: "s" }).read();
      expect(kept === text, text.slice(0, 3)).toBe(true);
    }
  });

  it("refuses what does not fit", async () => {
    const store = configMapStore(server(), { namespace: "n", name: "s" });
    const text = randomBytes(1_500_000).toString("base64");
    await expect(store.write(text)).rejects.toThrow(/cannot hold the state of 15\d+ bytes; use STATE_FILE/);
  });
});

describe("the place", () => {
  it.each([
    ["STATE_FILE", { STATE_FILE: "/s/state.json" }, "STATE_FILE /s/state.json"],
    [
      "the user's folder",
      { HOME: "/home/u" },
      /^state file \/home\/u\/\.local\/state\/langfuse-access\/[0-9a-f]{16}\.json$/,
    ],
    ["XDG_STATE_HOME", { HOME: "/home/u", XDG_STATE_HOME: "/x" }, /^state file \/x\/langfuse-access\//],
  ])("%s", (_title, environment, title) => {
    expect(chooseState(environment, "target")?.store.title).toMatch(title);
  });

  it("is none in a pod that has no other, and an error where two are named or there is no cluster", () => {
    expect(chooseState({ KUBERNETES_SERVICE_HOST: "h", HOME: "/root" }, "t")).toBeUndefined();
    expect(() => chooseState({ STATE_FILE: "f", STATE_CONFIG_MAP: "c" }, "t")).toThrow(/both set/);
    expect(() => chooseState({ STATE_CONFIG_MAP: "c" }, "t")).toThrow(/this is no pod/);
  });

  it("is another one for every shard", () => {
    expect(chooseState({ STATE_FILE: "/s/state.json" }, "t", ".3")?.store.title).toBe("STATE_FILE /s/state.json.3");
  });
});
