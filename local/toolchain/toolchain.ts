import { copyFile, link, mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { cacheFolder } from "../cache/folder.ts";
import type { Progress } from "../progress.ts";
import { kubernetesSource } from "./kubernetes.ts";
import { pluginSource, pulumiSource } from "./pulumi.ts";
import type { Part, Source } from "./source.ts";
import { pluginNames } from "./versions.ts";

/** Every part, in the order in which building them shares most work. */
export const sources: readonly Source[] = [pulumiSource, ...pluginNames.map(pluginSource), kubernetesSource];

/** Makes one part available, with progress for whatever takes longer than a moment. */
export async function ensurePart(source: Source, progress: Progress): Promise<Part> {
  const found = await source.find();
  if (found) return found;
  return await progress.step(source.name, (note) => source.ensure(note));
}

/**
 * Lays out a Pulumi home of its own under `folder` and returns the environment that makes the CLI use it: nothing of
 * the person's own Pulumi (logins, plugins, state) is read or written. State goes to `folder/state`.
 */
export async function pulumiEnvironment(
  folder: string,
  progress: Progress,
  passphrase: string,
): Promise<NodeJS.ProcessEnv> {
  const [cli, ...plugins] = await engineParts(progress);
  const home = path.join(folder, "pulumi-home");
  for (const [index, plugin] of plugins.entries()) {
    const name = pluginNames[index];
    const target = path.join(home, "plugins", `resource-${name}-v${plugin.version}`);
    await mkdir(target, { recursive: true });
    for (const file of await readdir(plugin.folder)) {
      if (file.startsWith("pulumi-resource-")) await place(path.join(plugin.folder, file), path.join(target, file));
    }
  }
  const state = path.join(folder, "state");
  await mkdir(state, { recursive: true });
  return {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${cli.folder}${path.delimiter}${process.env.PATH}`,
    // Each run starts two processes of Node, which spend a fifth of their time on compiling the same files again.
    NODE_COMPILE_CACHE: path.join(cacheFolder(), "node-compile-cache"),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  };
}

async function engineParts(progress: Progress): Promise<[Part, ...Part[]]> {
  const cli = await ensurePart(pulumiSource, progress);
  const plugins = [];
  for (const name of pluginNames) plugins.push(await ensurePart(pluginSource(name), progress));
  return [cli, ...plugins];
}

/** A hard link costs nothing; across file systems it has to be a copy. */
async function place(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
