import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureEntry, entryExists, entryFolder } from "#local/cache/entry.ts";
import { cacheFolder } from "#local/cache/folder.ts";
import { withLock } from "#local/cache/lock.ts";

const producer = fileURLToPath(new URL("./producer.ts", import.meta.url));
const entry = { name: "tool", inputs: ["1"] };
let root = "";

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "langfuse-access-cache-"));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const journal = () => path.join(root, "journal");
const lines = async () => (await readFile(journal(), "utf8").catch(() => "")).split("\n").filter(Boolean);

function startProducer(...mode: string[]) {
  const child = spawn(process.execPath, [producer, root, journal(), ...mode], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(output)));
  return { child, ended };
}

/** A process number that belonged to a process which has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await new Promise((resolve) => child.once("exit", resolve));
  return child.pid ?? 0;
}

const fill = async (folder: string) => await writeFile(path.join(folder, "executable"), "whole");
const content = async (folder: string) => await readFile(path.join(folder, "executable"), "utf8");

describe("a cache entry", () => {
  it("is made once and then taken as it is", async () => {
    expect(await entryExists(entry, root)).toBe(false);
    const folder = await ensureEntry(entry, fill, { root });
    expect(folder).toBe(entryFolder(entry, root));
    expect(await ensureEntry(entry, () => Promise.reject(new Error("made again")), { root })).toBe(folder);
    expect(await entryExists(entry, root)).toBe(true);
    expect(await readdir(root)).toEqual([path.basename(folder)]);
  });

  it("is another one for other inputs, their order and their borders included", () => {
    const inputs = [["1"], ["2"], ["1", "2"], ["2", "1"], ["12"], ["1,2"]];
    expect(new Set(inputs.map((list) => entryFolder({ name: "tool", inputs: list }, root))).size).toBe(inputs.length);
    expect(entryFolder(entry, root)).toMatch(/\/tool-[0-9a-f]{16}$/);
  });

  it("whose making fails leaves nothing, and can be made the next time", async () => {
    const fail = async (folder: string) => {
      await fill(folder);
      throw new Error("no compiler");
    };
    await expect(ensureEntry(entry, fail, { root })).rejects.toThrow("no compiler");
    expect(await readdir(root)).toEqual([]);
    await ensureEntry(entry, fill, { root });
  });

  it("that two processes want at once is made by one, and both get it", async () => {
    const both = await Promise.all([startProducer().ended, startProducer().ended]);
    expect(both).toEqual([entryFolder(entry, root), entryFolder(entry, root)]);
    expect(await lines()).toHaveLength(1);
  });

  it("whose maker is killed does not look finished, and is made anew without leftovers", async () => {
    const { child, ended } = startProducer("hang");
    while ((await lines()).length === 0) await sleep(10);
    child.kill("SIGKILL");
    await ended;
    expect(await entryExists(entry, root)).toBe(false);
    const folder = await ensureEntry(entry, fill, { root });
    expect(await content(folder)).toBe("whole");
    expect((await readdir(root)).sort()).toEqual(["journal", path.basename(folder)]);
  });

  it("is made although an earlier process of the same number left a part of it", async () => {
    await mkdir(`${entryFolder(entry, root)}.partial-${process.pid}`);
    await ensureEntry(entry, fill, { root });
    expect(await readdir(root)).toHaveLength(1);
  });

  it("leaves alone what belongs to a living process or to another entry", async () => {
    const kept = [`${entryFolder(entry, root)}.partial-${process.ppid}`, path.join(root, "other.partial-1")];
    for (const folder of kept) await mkdir(folder);
    const left = `${entryFolder(entry, root)}.partial-${await deadProcess()}`;
    await mkdir(left);
    await ensureEntry(entry, fill, { root });
    const names = await readdir(root);
    expect(names).toEqual(expect.arrayContaining(kept.map((folder) => path.basename(folder))));
    expect(names).not.toContain(path.basename(left));
  });
});

describe("a lock", () => {
  it("lets one in at a time and tells the others once that they wait", async () => {
    const events: string[] = [];
    const [begun, waiting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const work = (name: string) => async () => {
      events.push(`${name} in`);
      begun.resolve();
      await waiting.promise;
      events.push(`${name} out`);
    };
    const first = withLock(path.join(root, "lock"), work("first"));
    await begun.promise;
    await withLock(path.join(root, "lock"), work("second"), () => {
      events.push("second waits");
      waiting.resolve();
    });
    await first;
    expect(events).toEqual(["first in", "second waits", "first out", "second in", "second out"]);
    expect(await readdir(root)).toEqual([]);
  });

  it.each<[string, () => Promise<string>]>([
    ["is gone", async () => `${await deadProcess()} 1`],
    ["has a number that another process got", async () => `${process.pid} 1`],
  ])("is taken over from an owner that %s", async (_title, owner) => {
    const file = path.join(root, "lock");
    await writeFile(file, await owner());
    const waiting = () => {
      throw new Error("waited for nobody");
    };
    expect(await withLock(file, async () => "done", waiting)).toBe("done");
  });

  it("is given back when the work fails", async () => {
    const file = path.join(root, "lock");
    await expect(withLock(file, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await withLock(file, async () => "done")).toBe("done");
  });
});

describe("the folder of the cache", () => {
  it.each([
    ["the variable of this project", { LANGFUSE_ACCESS_CACHE: "/tmp/a", XDG_CACHE_HOME: "/tmp/b" }, "/tmp/a"],
    ["the platform's variable", { XDG_CACHE_HOME: "/tmp/b" }, "/tmp/b/langfuse-access"],
  ])("is named by %s", (_title, environment, folder) => {
    expect(cacheFolder(environment)).toBe(folder);
  });

  it.each([{}, { LANGFUSE_ACCESS_CACHE: "", XDG_CACHE_HOME: "" }])(
    "is in the home folder otherwise, outside every working tree",
    (environment) => {
      expect(cacheFolder(environment)).toMatch(/^\/.+\/(\.cache|Library\/Caches)\/langfuse-access$/);
    },
  );

  it("is a complete path even where the variable is none", () => {
    expect(cacheFolder({ LANGFUSE_ACCESS_CACHE: "cache" })).toBe(path.resolve("cache"));
  });
});
