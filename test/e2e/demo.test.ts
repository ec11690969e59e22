import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { signalGroup } from "#local/process/group.ts";
import { programFolder } from "#local/pulumi/stack.ts";
import { markedEnvironment, markedProcesses } from "#test/descendants.ts";

const running: ChildProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  // To npm alone it would be lost: the shell in between does not hand it on.
  for (const { pid } of running.splice(0)) if (pid !== undefined) signalGroup(pid, "SIGTERM");
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Starts a script of package.json as the leader of a process group, as a terminal does. */
function script(args: readonly string[], environment: NodeJS.ProcessEnv, folder = programFolder) {
  const child = spawn("npm", ["run", "--silent", "--prefix", programFolder, ...args], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => resolve({ code, output: `${output}\n${errors}` }));
  });
  return {
    child,
    ended,
    lines: () => output.trimEnd().split("\n"),
    until: async (text: string) =>
      await expect.poll(() => output + errors, { timeout: 600_000, interval: 100 }).toContain(text),
  };
}

/** A Langfuse started on its own, elsewhere, as somebody else's would be; the one under test when there is one. */
async function separateTarget(environment: NodeJS.ProcessEnv): Promise<string> {
  if (process.env.LANGFUSE_TARGET) return process.env.LANGFUSE_TARGET;
  const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-target-"));
  folders.push(folder);
  const server = script(["servers", "--", "langfuse"], environment, folder);
  await server.until('"resetUrl"');
  const file = path.join(folder, "target.json");
  await writeFile(file, JSON.stringify(JSON.parse(server.lines().at(-1) ?? "").langfuse));
  return file;
}

async function expectNothingLeft(run: string): Promise<void> {
  await expect.poll(() => markedProcesses(run), { interval: 500 }).toEqual([]);
}

/** What the demo says before the engine begins with each of these. */
const HEADINGS = { preview: "pulumi preview, up", up: "✓ preview shows nothing but creations" } as const;

describe("npm run demo", () => {
  it("passes every check against a Langfuse that was started separately, and leaves no process behind", async () => {
    const run = randomUUID();
    const target = await separateTarget(process.env);
    const demo = script(["demo"], { ...markedEnvironment(run), LANGFUSE_TARGET: target });
    const { code, output } = await demo.ended;
    expect(output).not.toContain("✗");
    expect(demo.lines().at(-1)).toMatch(/^demo: \d+ checks passed$/);
    expect(code).toBe(0);
    await expectNothingLeft(run);
  });

  it.each([
    ["SIGINT", "preview"],
    ["SIGTERM", "up"],
    ["SIGKILL", "up"],
  ] as const)("leaves no process behind after %s in the middle of pulumi %s", async (signal, operation) => {
    const run = randomUUID();
    const demo = script(["demo"], markedEnvironment(run));
    await demo.until(HEADINGS[operation]);
    const provider = expect.stringContaining("pulumi-resource-keycloak");
    await expect.poll(() => markedProcesses(run), { interval: 100 }).toContainEqual(provider);
    // What a terminal does with Ctrl-C: the whole group gets it.
    process.kill(-(demo.child.pid ?? 0), signal);
    const { code, output } = await demo.ended;
    if (signal !== "SIGKILL") {
      expect(output).toContain("interrupted: everything that was started has been stopped");
      expect(code).not.toBe(0);
      // Nothing was begun after that.
      expect(output).not.toContain("pulumi up, nothing changed");
    }
    await expectNothingLeft(run);
  });
});
