import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { descendantsOf, killDescendants } from "#local/process/descendants.ts";
import { markedEnvironment, markedProcesses } from "#test/descendants.ts";

describe.runIf(process.platform === "linux")("the descendants of a process", () => {
  it("are found and killed with it, also those that lead a group of their own", async () => {
    const run = `descendants-${process.pid}`;
    const child = spawn("sh", ["-c", "setsid sleep 60 & sleep 60 & echo begun; wait"], {
      env: markedEnvironment(run),
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { pid = 0 } = child;
    await once(child.stdout, "data");
    await expect.poll(() => descendantsOf(pid)).toHaveLength(3);
    await killDescendants(pid);
    await expect.poll(() => markedProcesses(run)).toEqual([]);
  });

  it("are none of a process that does not exist", async () => {
    await killDescendants(2 ** 22 + 1);
    expect(await descendantsOf(2 ** 22 + 1)).toEqual([2 ** 22 + 1]);
  });
});
