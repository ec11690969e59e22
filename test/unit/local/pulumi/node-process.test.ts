import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";

const preload = new URL("../../../../local/pulumi/node-process.ts", import.meta.url).href;

it("what a process of the engine compiled is kept although the process is killed, as that of dynamic providers is", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-compiled-"));
  const program = 'require("yaml"); setTimeout(() => {}, 30_000)';
  const env = { ...process.env, NODE_OPTIONS: `--import ${preload}`, NODE_COMPILE_CACHE: folder };
  const child = spawn(process.execPath, ["-e", program], { env, cwd: import.meta.dirname });
  try {
    const kept = async () => (await readdir(folder, { recursive: true })).length;
    await expect.poll(kept).toBeGreaterThan(10);
  } finally {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
});
