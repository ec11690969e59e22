import { describe, expect, it } from "vitest";
import { pluginArchive, pulumiArchive } from "#local/toolchain/download.ts";
import { isAtLeast, pluginNames, versions } from "#local/toolchain/versions.ts";

describe("a version", () => {
  it.each([
    ["3.224.0", "3.224.0", true],
    ["v3.270.0", "3.224.0", true],
    ["3.99.9", "3.224.0", false],
    ["4.0", "3.224.0", true],
    ["3.224", "3.224.1", false],
    ["3.224.1-alpha.5", "3.224.0", true],
    ["go1.25.8", "1.25.8", true],
    ["go1.25.10", "1.25.8", true],
    ["go1.25.8 X:nojsonv2", "1.25.8", true],
    ["go1.26rc1", "1.25.8", true],
    ["devel go1.27-1a2b3c", "1.25.8", true],
    ["go1.24.13", "1.25.8", false],
    ["0", "3.224.0", false],
    ["", "3.224.0", false],
    ["unknown", "3.224.0", false],
  ])("%j is at least %s: %s", (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });

  it("that can be built or downloaded is not older than what an installed tool must be", () => {
    expect(isAtLeast(versions.pulumi, versions.pulumiMinimum)).toBe(true);
    expect(isAtLeast(versions.pulumiFromModules, versions.pulumiMinimum)).toBe(true);
  });
});

describe("the official archive", () => {
  const system = { linux: "linux", darwin: "darwin", win32: "windows" }[process.platform as string];

  it("of the CLI names version and platform as the download site does", () => {
    expect(pulumiArchive("3.270.0")).toBe(`/sdk/pulumi-v3.270.0-${system}-${process.arch}.tar.gz`);
  });

  it.each(pluginNames)("of the plugin %s names the processor in the way of Go", (name) => {
    const processor = process.arch === "x64" ? "amd64" : process.arch;
    expect(pluginArchive(name, versions.plugins[name])).toBe(
      `/plugins/pulumi-resource-${name}-v${versions.plugins[name]}-${system}-${processor}.tar.gz`,
    );
  });
});
