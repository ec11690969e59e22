import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AccessError } from "#sync/errors.ts";
import { removeCgroup } from "./cgroup.ts";
import { disconnectNetwork } from "./network.ts";

/** What one cluster leaves on the machine outside its namespaces. */
export interface Instance {
  readonly folder: string;
  /** Network device on this machine's side; a name has at most 15 characters. */
  readonly link: string;
  readonly cgroup: string;
}

const RECORD = "instance.json";

/** Makes the instance's folder and writes down what will have to be removed, before any of it exists. */
export async function createInstance(wanted: string | undefined): Promise<Instance> {
  const folder = wanted ?? (await mkdtemp(path.join(tmpdir(), "langfuse-access-cluster-")));
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0)
    throw new AccessError(
      "usage",
      `the cluster's folder ${folder} is not empty: name a new one, it is removed at the end`,
    );
  const id = randomBytes(4).toString("hex");
  const instance = { folder: await realpath(folder), link: `access${id}`, cgroup: `langfuse-access-${id}` };
  await writeFile(path.join(folder, RECORD), JSON.stringify(instance));
  return instance;
}

/**
 * Removes what is left of a cluster whose processes are gone. Safe to repeat: the folder goes last, and without its
 * record nothing is touched.
 */
export async function removeInstance(folder: string): Promise<void> {
  const record = await readFile(path.join(folder, RECORD), "utf8").catch(() => undefined);
  if (record === undefined) return;
  const { link, cgroup } = JSON.parse(record) as Instance;
  // Without a node neither was ever made, and the machine may not even have the means to look.
  await disconnectNetwork(link).catch(() => {});
  await removeCgroup(cgroup).catch(() => {});
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
