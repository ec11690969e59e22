import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { run } from "#local/process/run.ts";
import { requireGo, sourceInputs } from "#local/toolchain/go-modules.ts";
import { versions } from "#local/toolchain/versions.ts";

const toolchain = path.join(import.meta.dirname, "../../../../local/toolchain");

interface Module {
  /** `path version` of everything that go.mod requires, after its replacements. */
  readonly required: string[];
  readonly replaced: number;
  readonly go: string;
  /** First two words of each line of go.sum. */
  readonly sums: Set<string>;
}

async function read(module: string): Promise<Module> {
  const text = await readFile(path.join(toolchain, module, "go.mod"), "utf8");
  const sums = (await readFile(path.join(toolchain, module, "go.sum"), "utf8")).split("\n");
  const replacements = new Map(
    [...text.matchAll(/^(?:replace|\t)\s*(\S+)(?: v\S+)? => (\S+)(?: (v\S+))?$/gm)].map(
      ([, from = "", to, version]) => [from, version ? `${to} ${version}` : ""],
    ),
  );
  const lines = [...text.matchAll(/^(?:require|\t)\s*(\S+) (v\S+)(?: \/\/ indirect)?$/gm)];
  const required = lines.map(([, name = "", version]) => replacements.get(name) ?? `${name} ${version}`);
  return {
    required: required.filter((line) => line !== ""),
    replaced: replacements.size,
    go: /^go (\S+)$/m.exec(text)?.[1] ?? "",
    sums: new Set(sums.map((line) => line.split(" ").slice(0, 2).join(" "))),
  };
}

describe.each(["go", "language-host"])("the module in %s", (name) => {
  it("has the checksum of everything it requires", async () => {
    const { required, sums } = await read(name);
    expect(required.length).toBeGreaterThan(20);
    expect(required.filter((line) => !sums.has(`${line}/go.mod`) && !sums.has(line))).toEqual([]);
  });

  it("can be built with the oldest Go that is taken", async () => {
    const { go } = await read(name);
    expect(versions.goMinimum.localeCompare(go, undefined, { numeric: true })).toBeGreaterThanOrEqual(0);
  });
});

it("the module of the plugins repeats the replacements that their own modules cannot pass on", async () => {
  expect((await read("go")).replaced).toBeGreaterThan(0);
});

it("what is built depends on the sources, and so does the name it is kept under", async () => {
  const inputs = await sourceInputs();
  expect(inputs[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(await sourceInputs()).toEqual(inputs);
});

describe("on a machine without any tool", () => {
  it("the lack of Go is told with what to install", async () => {
    vi.stubEnv("PATH", path.join(tmpdir(), "no-such-folder"));
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(requireGo()).rejects.toMatchObject({
      kind: "usage",
      message: `No Go found on the path. Install Go ${versions.goMinimum} or newer to build the tools, or install them: Pulumi ${versions.pulumiMinimum} or newer with its plugins.`,
    });
  });

  it("the status lists every part as missing and changes nothing", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "langfuse-access-status-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const environment = { PATH: folder, HOME: folder, LANGFUSE_ACCESS_CACHE: folder };
    const command = ["--no-warnings", path.join(toolchain, "main.ts"), "--status"];
    const lines = (await run(process.execPath, command, { environment })).trim().split("\n");
    const parts = lines.slice(1).map((line) => line.split(/ +/).slice(0, 3).join(" "));
    expect(parts.slice(0, 5)).toEqual([
      `pulumi ${versions.pulumi} missing`,
      `pulumi-resource-kubernetes ${versions.plugins.kubernetes} missing`,
      `pulumi-resource-keycloak ${versions.plugins.keycloak} missing`,
      `pulumi-resource-random ${versions.plugins.random} missing`,
      `kubernetes ${versions.kubernetes} missing`,
    ]);
    expect(lines[0]).toMatch(/^PART +VERSION +ORIGIN +SIZE +FOLDER$/);
    expect(await run("ls", ["-A", folder])).toBe("");
  });
});
