import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { programFolder } from "#local/pulumi/stack.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "missing-tools-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a command where nothing but Node and a shell is installed, with an empty cache and no download site. */
async function bare(file: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  await symlink(process.execPath, path.join(folder, "node"));
  await symlink("/bin/sh", path.join(folder, "sh"));
  const environment = {
    PATH: folder,
    HOME: folder,
    LANGFUSE_ACCESS_CACHE: path.join(folder, "cache"),
    TOOLCHAIN_DOWNLOADS: "off",
    KEYCLOAK_DOWNLOADS: "off",
  };
  const command = promisify(execFile)(process.execPath, [path.join(programFolder, file), ...args], {
    env: environment,
  });
  return await command.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error) => ({ code: error.code, output: error.stdout + error.stderr }),
  );
}

describe("on a machine that lacks a tool", () => {
  it("says which Go to install when Pulumi cannot be downloaded", async () => {
    const { code, output } = await bare("local/toolchain/main.ts", []);
    expect(code).toBe(64);
    expect(output).toMatch(/No Go found on the path\. Install Go 1\.\d+\.\d+ or newer/);
    expect(output).not.toMatch(/^ {4}at /m);
  });

  it("lists every part as missing instead of failing", async () => {
    const { code, output } = await bare("local/toolchain/main.ts", ["--status"]);
    expect(code).toBe(0);
    expect(output.match(/ missing/g)?.length).toBe(7);
  });

  it("says what to install when there is neither Java nor pip", async () => {
    const { code, output } = await bare("local/servers.ts", ["keycloak"]);
    expect(code).toBe(64);
    expect(output).toMatch(/needs Java 17 or newer\. Install a JDK .* or install Python 3 with pip/);
    expect(output).not.toMatch(/^ {4}at /m);
  });

  it.each([
    ["local/servers.ts", ["langfus"], /did you mean "langfuse"/],
    ["local/servers.ts", [], /Name at least one server/],
    ["local/servers.ts", ["langfuse", "--langfuse-port", "none"], /--langfuse-port is "none": give a port/],
    ["local/servers.ts", ["langfuse", "--langfuse-plan", "free"], /--langfuse-plan is "free": choose one of/],
    ["local/toolchain/main.ts", ["--stats"], /Unknown option '--stats'/],
    ["local/demo/main.ts", ["--kep"], /Unknown option '--kep'/],
  ])("%s %j is refused as usage", async (file, args, message) => {
    const { code, output } = await bare(file, args);
    expect(code).toBe(64);
    expect(output).toMatch(message);
  });
});
