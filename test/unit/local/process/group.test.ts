import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { isAlive } from "#local/cache/lock.ts";
import { ProcessGroup, untilReady } from "#local/process/group.ts";
import { markedEnvironment, markedProcesses } from "#test/descendants.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-processes-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function group(): ProcessGroup {
  const processes = new ProcessGroup();
  onTestFinished(() => processes.stop());
  return processes;
}

const shell = (text: string, name: string) => ({
  command: "sh",
  args: ["-c", text],
  log: path.join(folder, `${name}.log`),
});

describe("a process of a group", () => {
  it.runIf(process.platform === "linux")(
    "ends with everything it started when its owner is killed, and the clean-up runs",
    async () => {
      const run = `owner-${process.pid}`;
      const owner = fileURLToPath(new URL("./owner.ts", import.meta.url));
      const child = spawn(process.execPath, [owner, folder], {
        env: markedEnvironment(run),
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      const sleeping = async () => (await markedProcesses(run)).filter((line) => line.includes("sleep 6"));
      await expect.poll(async () => (await sleeping()).length).toBeGreaterThanOrEqual(4);
      child.kill("SIGKILL");
      await expect.poll(() => markedProcesses(run)).toEqual([]);
      expect(await readFile(path.join(folder, "cleanup"), "utf8")).toBe("cleaned\n");
    },
  );

  it("writes both its streams into the log", async () => {
    const running = await group().start(shell("echo out; echo err >&2", "streams"));
    expect(await running.ended).toBe(0);
    await expect.poll(() => running.hasEnded()).toBe(true);
    expect(await readFile(running.log, "utf8")).toBe("out\nerr\n");
  });

  it("is stopped with what it started, and stopping it twice does no harm", async () => {
    const running = await group().start(shell("sleep 63 & echo $!; wait", "stopped"));
    await expect.poll(() => readFile(running.log, "utf8")).toMatch(/\n$/);
    const inner = Number(await readFile(running.log, "utf8"));
    await running.stop();
    await running.stop();
    expect(await running.ended).toBe("SIGTERM");
    await expect.poll(() => isAlive(inner)).toBe(false);
  });

  it("tells the code it ended with", async () => {
    const running = await group().start(shell("exit 7", "code"));
    expect(await running.ended).toBe(7);
  });

  it("that cannot be started is an error", async () => {
    const options = { command: path.join(folder, "nothing"), args: [], log: path.join(folder, "nothing.log") };
    await expect(group().start(options)).rejects.toThrow("ENOENT");
  });

  it.runIf(process.platform === "linux")("leaves its log open in itself only", async () => {
    const open = async () => (await readdir("/proc/self/fd")).length;
    const processes = group();
    const before = await open();
    for (const name of ["a", "b", "c"]) await (await processes.start(shell("true", name))).ended;
    expect(await open()).toBeLessThan(before + 3);
  });
});

describe("waiting for a process to be ready", () => {
  it("ends as soon as it is", async () => {
    const running = await group().start(shell("sleep 64", "ready"));
    let looks = 0;
    await untilReady(running, "the server", async () => {
      looks += 1;
      if (looks === 1) throw new Error("refused");
      return true;
    });
    expect(looks).toBe(2);
  });

  it("ends with the log of a process that ended before", async () => {
    const running = await group().start(shell("echo no licence; exit 3", "ended"));
    await expect(untilReady(running, "The server", async () => false)).rejects.toThrow(
      "The server ended (3) before it was ready:\nno licence",
    );
  });

  it("ends with the log when time runs out", async () => {
    const running = await group().start(shell("echo starting; sleep 65", "late"));
    await expect.poll(() => readFile(running.log, "utf8")).not.toBe("");
    await expect(untilReady(running, "The server", async () => false, 100)).rejects.toThrow(
      "The server was not ready after 0.1 s:\nstarting",
    );
  });
});
