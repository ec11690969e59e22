import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "#local/process/run.ts";
import { createProgress } from "#local/progress.ts";
import { pluginSource, pulumiSource } from "#local/toolchain/pulumi.ts";
import { ensurePart } from "#local/toolchain/toolchain.ts";

/** Every resource and function that an npm package can ask its plugin for. */
async function packageTokens(name: string): Promise<Set<string>> {
  const folder = path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  const tokens = new Set<string>();
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith(".js") || file.includes("node_modules")) continue;
    const text = await readFile(path.join(folder, file), "utf8");
    for (const [, token = ""] of text.matchAll(/__pulumiType = '([^']+)'/g)) tokens.add(token);
    for (const [, token = ""] of text.matchAll(/runtime\.invoke\("([^"]+)"/g)) tokens.add(token);
  }
  return tokens;
}

describe.each(["keycloak", "random"] as const)("the %s plugin", (name) => {
  it("serves nothing under a name that its npm package does not know", async () => {
    const progress = createProgress();
    const cli = await ensurePart(pulumiSource, progress);
    const plugin = await ensurePart(pluginSource(name), progress);
    const file = path.join(plugin.folder, `pulumi-resource-${name}`);
    const text = await run(path.join(cli.folder, "pulumi"), ["package", "get-schema", file], { timeout: 200_000 });
    const schema = JSON.parse(text) as { resources: object; functions?: object };
    const known = await packageTokens(`@pulumi/${name}`);
    const served = [...Object.keys(schema.resources), ...Object.keys(schema.functions ?? {})];
    // The bridge adds a function of its own to every provider.
    const own = served.filter((token) => token.startsWith(`${name}:`));
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((token) => !known.has(token))).toEqual([]);
  });
});
