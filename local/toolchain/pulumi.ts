import { chmod, copyFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { run } from "../process/run.ts";
import { pluginArchive, pulumiArchive } from "./download.ts";
import { buildExecutable, buildPlugin } from "./go-modules.ts";
import { exists, fetchPart, findKept, type Part, type Recipe, type Source } from "./source.ts";
import { isAtLeast, type PluginName, versions } from "./versions.ts";

/** The script that starts dynamic providers: it comes with the npm package, and the CLI looks for it beside itself. */
const dynamicProviderHost = "pulumi-resource-pulumi-nodejs";

const cli: Recipe = {
  name: "pulumi",
  download: { version: versions.pulumi, archive: pulumiArchive(versions.pulumi) },
  build: {
    version: versions.pulumiFromModules,
    async produce(folder, note) {
      await buildExecutable("pulumi", folder, note);
      await buildExecutable("pulumi-language-nodejs", folder, note);
      const manifest = createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json");
      await copyFile(path.join(path.dirname(manifest), dynamicProviderHost), path.join(folder, dynamicProviderHost));
      await chmod(path.join(folder, dynamicProviderHost), 0o755);
    },
  },
};

export const pulumiSource: Source = {
  name: cli.name,
  version: versions.pulumi,
  find: async () => (await findInstalledCli()) ?? (await findKept(cli)),
  ensure: async (note) => (await pulumiSource.find()) ?? (await fetchPart(cli, note)),
};

export function pluginSource(plugin: PluginName): Source {
  const version = versions.plugins[plugin];
  const recipe: Recipe = {
    name: `pulumi-resource-${plugin}`,
    download: { version, archive: pluginArchive(plugin, version) },
    build: { version, produce: (folder, note) => buildPlugin(plugin, folder, note) },
  };
  const find = async () => (await findInstalledPlugin(plugin)) ?? (await findKept(recipe));
  return {
    name: recipe.name,
    version,
    find,
    ensure: async (note) => (await find()) ?? (await fetchPart(recipe, note)),
  };
}

/** A CLI on the path counts when it is new enough and has its language host beside it. */
async function findInstalledCli(): Promise<Part | undefined> {
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    // A shim in node_modules would download a CLI instead of being one.
    if (folder.includes("node_modules") || !(await exists(path.join(folder, "pulumi-language-nodejs")))) continue;
    const answer = await run(path.join(folder, "pulumi"), ["version"], { timeout: 10_000 }).catch(() => "0");
    const version = answer.trim().replace(/^v/, "");
    if (isAtLeast(version, versions.pulumiMinimum)) return { name: cli.name, version, origin: "installed", folder };
  }
  return undefined;
}

/** An installed plugin counts only in exactly the version of its npm package: the engine accepts no other. */
async function findInstalledPlugin(plugin: PluginName): Promise<Part | undefined> {
  const version = versions.plugins[plugin];
  const name = `pulumi-resource-${plugin}`;
  const home = process.env.PULUMI_HOME ?? path.join(homedir(), ".pulumi");
  const folder = path.join(home, "plugins", `resource-${plugin}-v${version}`);
  // The CLI marks a folder whose download broke off with a file of this name.
  const complete = (await exists(path.join(folder, name))) && !(await exists(`${folder}.partial`));
  return complete ? { name, version, origin: "installed", folder } : undefined;
}
