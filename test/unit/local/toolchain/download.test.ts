import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { run } from "#local/process/run.ts";
import { downloadArchive } from "#local/toolchain/download.ts";
import { fetchPart, findKept, type Recipe } from "#local/toolchain/source.ts";

let folder = "";
let archive: Buffer;
let site = "";
let answer: (response: ServerResponse) => void = () => {};
const server = createServer((_request, response) => answer(response));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-download-"));
  const content = path.join(folder, "content", "pulumi");
  await mkdir(content, { recursive: true });
  await writeFile(path.join(content, "executable"), "it runs");
  await run("tar", ["-czf", path.join(folder, "content.tar.gz"), "-C", path.join(folder, "content"), "."]);
  archive = await readFile(path.join(folder, "content.tar.gz"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  site = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});

afterAll(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const found = (response: ServerResponse) => response.end(archive);
const missing = (response: ServerResponse) => response.writeHead(404).end("no such archive");
const brokenOff = (response: ServerResponse) => {
  response.writeHead(200, { "content-length": archive.length });
  response.write(archive.subarray(0, 50), () => response.destroy());
};

describe("a download", () => {
  let target = "";
  beforeEach(async () => {
    target = await mkdtemp(path.join(folder, "target-"));
  });
  const download = (options = {}) =>
    downloadArchive("/sdk/tool.tar.gz", target, { environment: { TOOLCHAIN_DOWNLOADS: site }, ...options });

  it("that is offered is unpacked, and the archive goes", async () => {
    answer = found;
    expect(await download()).toBe(true);
    expect(await readFile(path.join(target, "pulumi", "executable"), "utf8")).toBe("it runs");
    expect(await readdir(target)).toEqual(["pulumi"]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["does not have it", missing],
    ["fails", (response) => response.writeHead(503).end()],
    ["hangs up", (response) => response.destroy()],
    ["is silent for too long", () => {}],
  ])("is not offered by a site that %s", async (_title, behaviour) => {
    answer = behaviour;
    expect(await download({ patience: 100 })).toBe(false);
    expect(await readdir(target)).toEqual([]);
  });

  it("is not asked for when downloads are off", async () => {
    answer = () => {
      throw new Error("asked");
    };
    expect(await download({ environment: { TOOLCHAIN_DOWNLOADS: "off" } })).toBe(false);
  });

  it("that is slow after its first answer has the time it needs", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    let finish = () => {};
    answer = (response) => {
      response.writeHead(200, { "content-length": archive.length });
      response.write(archive.subarray(0, 50));
      finish = () => response.end(archive.subarray(50));
    };
    const downloaded = download({ patience: 100 });
    await expect.poll(() => readdir(target)).toEqual(["archive.tar.gz"]);
    await vi.advanceTimersByTimeAsync(60_000);
    finish();
    expect(await downloaded).toBe(true);
  });

  it("that breaks off is an error that says what to do", async () => {
    answer = brokenOff;
    await expect(download()).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(
        /^The download of tool\.tar\.gz broke off \(.+\)\. Repeat it, or set TOOLCHAIN_DOWNLOADS to "off" to build the tool\.$/,
      ),
    });
  });
});

describe("a part of the toolchain", () => {
  const built: string[] = [];
  const recipe = (name: string): Recipe => ({
    name,
    download: { version: "2.0.0", archive: "/sdk/tool.tar.gz" },
    build: {
      version: "1.0.0",
      produce: async (partial) => {
        built.push(name);
        await writeFile(path.join(partial, "executable"), "built");
      },
    },
  });
  const fetch = (name: string) => fetchPart(recipe(name), () => {});

  beforeEach(async () => {
    vi.stubEnv("TOOLCHAIN_DOWNLOADS", site);
    vi.stubEnv("LANGFUSE_ACCESS_CACHE", await mkdtemp(path.join(folder, "cache-")));
    built.length = 0;
  });

  it("is the official one where it is offered, with the folder its executables are in", async () => {
    answer = found;
    expect(await findKept(recipe("tool"))).toBeUndefined();
    const part = await fetch("tool");
    expect(part).toMatchObject({ name: "tool", version: "2.0.0", origin: "downloaded" });
    expect(await readdir(part.folder)).toEqual(["executable"]);
    expect(await findKept(recipe("tool"))).toEqual(part);
    expect(built).toEqual([]);
  });

  it("is built where it is not offered, once", async () => {
    answer = missing;
    const part = await fetch("tool");
    expect(part).toMatchObject({ version: "1.0.0", origin: "built" });
    expect(await fetch("tool")).toEqual(part);
    expect(await findKept(recipe("tool"))).toEqual(part);
    expect(built).toEqual(["tool"]);
  });

  it("whose download breaks off is neither kept nor built", async () => {
    answer = brokenOff;
    await expect(fetch("tool")).rejects.toThrow("broke off");
    expect(await findKept(recipe("tool"))).toBeUndefined();
    expect(built).toEqual([]);
  });
});
