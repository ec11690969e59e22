import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Bed } from "#local/bed/bed.ts";
import { endOfJob, type PodEnd } from "#local/bed/job.ts";

/** The part of a Job that a test changes. */
export interface JobSpec {
  completions?: number;
  parallelism?: number;
  template: { spec: { containers: [{ command: string[]; env: { name: string; value?: string }[] }] } };
}

/** Longest that the pods of a Job may take, in seconds. */
const TIMEOUT = 600;

/** Makes a Job from a CronJob, changed where `change` says so, and waits until all its pods have ended. */
export async function runJob(
  { cluster, folder }: Bed,
  { namespace, cronJobName }: { readonly namespace: string; readonly cronJobName: string },
  change: (spec: JobSpec) => void = () => {},
): Promise<PodEnd[]> {
  const name = `job-${randomUUID().slice(0, 8)}`;
  const inNamespace = ["--namespace", namespace];
  const draft = await cluster.kubectl([
    "create",
    "job",
    name,
    `--from=cronjob/${cronJobName}`,
    "--dry-run=client",
    "-o",
    "json",
    ...inNamespace,
  ]);
  const job = JSON.parse(draft) as { spec: JobSpec };
  change(job.spec);
  const file = path.join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(job));
  await cluster.kubectl(["create", "-f", file]);
  const ends = await endOfJob(cluster, { namespace, name, pods: job.spec.completions ?? 1 }, TIMEOUT);
  return ends.toSorted((left, right) => left.index.localeCompare(right.index));
}
