import { describe, expect, it, onTestFinished } from "vitest";
import { run } from "#local/process/run.ts";
import { markedEnvironment, markedProcesses } from "#test/descendants.ts";

const shell = (text: string, options?: Parameters<typeof run>[2]) => run("sh", ["-c", text], options);

describe("running a command", () => {
  it("answers its standard output alone", async () => {
    expect(await shell("echo out; echo err >&2")).toBe("out\n");
  });

  it("passes on the environment, the folder and every line", async () => {
    const seen: string[] = [];
    const options = {
      environment: { ...process.env, NAME: "value" },
      folder: "/",
      onLine: (line: string) => seen.push(line),
    };
    expect(await shell('echo "$NAME $PWD"; echo; echo err >&2', options)).toBe("value /\n\n");
    expect(seen.sort()).toEqual(["err", "value /"]);
  });

  it("fails with the last lines of what it wrote", async () => {
    await expect(shell("echo begun; echo broken >&2; exit 3")).rejects.toThrow(
      /^sh -c ended with 3:\n(begun\nbroken|broken\nbegun)$/,
    );
    const many = await shell("seq 30; exit 1").catch((error: Error) => error.message);
    expect(many.split("\n").slice(1)).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 11)));
  });

  it("takes other codes for success when told so", async () => {
    expect(await shell("echo found; exit 1", { accept: [0, 1] })).toBe("found\n");
  });

  it("says that it took too long", async () => {
    // On a busy machine the shell may take longer to begin than it is given at first.
    for (let timeout = 200, isBegun = false; !isBegun; timeout *= 2) {
      const onLine = () => {
        isBegun = true;
      };
      const failure = await shell("echo begun; exec sleep 60", { timeout, onLine }).catch(String);
      expect(failure).toContain(
        `sh -c did not end within ${timeout / 1000} s and was killed:\n${isBegun ? "begun" : ""}`,
      );
    }
  });

  it.runIf(process.platform === "linux")("does not wait for what one that took too long has started", async () => {
    const mark = `command-${process.pid}`;
    const left = async () => (await markedProcesses(mark)).filter((line) => line.includes("sleep 60"));
    onTestFinished(async () => {
      for (const line of await left()) process.kill(Number.parseInt(line, 10), "SIGKILL");
    });
    let isBegun = false;
    for (let timeout = 200; !isBegun; timeout *= 2) {
      const options = { timeout, environment: markedEnvironment(mark) };
      await expect(shell("sleep 60; true", options)).rejects.toThrow("and was killed");
      isBegun = (await left()).length > 0;
    }
  });

  it("fails for a command that is not there", async () => {
    await expect(run("no-such-command-here", [])).rejects.toThrow("no-such-command-here");
  });
});
