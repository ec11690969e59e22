import { describe, expect, it } from "vitest";
import { run } from "#local/process/run.ts";

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

  it("says that it took too long, even when something it started goes on", async () => {
    const started = performance.now();
    await expect(shell("echo begun; sleep 30; true", { timeout: 200 })).rejects.toThrow(
      "sh -c did not end within 0.2 s and was killed:\nbegun",
    );
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it("fails for a command that is not there", async () => {
    await expect(run("no-such-command-here", [])).rejects.toThrow("no-such-command-here");
  });
});
