import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Bed } from "#local/bed/bed.ts";

/** The part of a Job that a test changes. */
export interface JobSpec {
  completions?: number;
  parallelism?: number;
  template: { spec: { containers: [{ command: string[]; env: { name: string; value?: string }[] }] } };
}

/** How one pod of a Job ended. */
export interface PodEnd {
  /** Position in an Indexed Job, else empty. */
  readonly index: string;
  readonly exitCode: number;
  /** Kubernetes' word for it, such as `Completed`, `Error` or `OOMKilled`. */
  readonly reason: string;
  /** Both streams. */
  readonly log: string;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
      status: z.object({
        containerStatuses: z
          .array(
            z.object({
              state: z.object({ terminated: z.object({ exitCode: z.number(), reason: z.string() }).optional() }),
            }),
          )
          .default([]),
      }),
    }),
  ),
});

/** Longest that the pods of a Job may take, in milliseconds. */
const TIMEOUT = 240_000;

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
  const late = AbortSignal.timeout(TIMEOUT);
  for (;;) {
    const text = await cluster.kubectl(["get", "pods", "-l", `job-name=${name}`, "-o", "json", ...inNamespace]);
    const pods = podList.parse(JSON.parse(text)).items.map(({ metadata, status }) => ({
      pod: metadata.name,
      index: metadata.labels["batch.kubernetes.io/job-completion-index"] ?? "",
      ended: status.containerStatuses[0]?.state.terminated,
    }));
    const ended = pods.filter((pod) => pod.ended !== undefined);
    if (ended.length === (job.spec.completions ?? 1)) {
      const logs = ended.map(async ({ pod, index, ended: end }) => ({
        index,
        exitCode: end?.exitCode ?? -1,
        reason: end?.reason ?? "",
        log: await cluster.kubectl(["logs", pod, ...inNamespace]),
      }));
      return (await Promise.all(logs)).sort((left, right) => left.index.localeCompare(right.index));
    }
    if (late.aborted)
      throw new Error(await cluster.kubectl(["describe", "pods", "-l", `job-name=${name}`, ...inNamespace]));
    await sleep(250);
  }
}
