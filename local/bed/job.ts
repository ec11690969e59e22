import { z } from "zod";
import type { Cluster } from "../kubernetes/cluster.ts";

/** A Job of the cluster. */
export interface Job {
  readonly namespace: string;
  readonly name: string;
  /** How many pods it makes. Default 1. */
  readonly pods?: number;
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

const endedPod = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
  status: z.object({
    containerStatuses: z.tuple([
      z.object({ state: z.object({ terminated: z.object({ exitCode: z.number(), reason: z.string() }) }) }),
    ]),
  }),
});
type EndedPod = z.output<typeof endedPod>;

/**
 * Waits until the pods of a Job have ended, which the Job itself tells about a second later.
 *
 * @param timeout seconds that they may take
 * @throws Error with what the pods are at, when it takes longer
 */
export async function endOfJob(cluster: Cluster, { namespace, name, pods = 1 }: Job, timeout: number) {
  const ofJob = ["--namespace", namespace, "-l", `job-name=${name}`];
  const until = (event: string) =>
    cluster.kubectl(["wait", "pods", `--for=${event}`, `--timeout=${timeout}s`, ...ofJob]);
  const ended = async () => {
    await until("create");
    await until("jsonpath={.status.containerStatuses[0].state.terminated.reason}");
    const text = await cluster.kubectl(["get", "pods", "-o", "json", ...ofJob]);
    return (JSON.parse(text) as { items: unknown[] }).items.flatMap((pod) => endedPod.safeParse(pod).data ?? []);
  };
  const late = AbortSignal.timeout(timeout * 1000);
  try {
    let all = await ended();
    // What is waited for are the pods that are there; another one may come while they run, and runs on.
    while (all.length < pods) {
      late.throwIfAborted();
      all = await ended();
    }
    return await Promise.all(all.map(endOf));
  } catch (error) {
    throw new Error(`Job ${name} did not end:\n${await cluster.kubectl(["describe", "pods", ...ofJob])}`, {
      cause: error,
    });
  }

  async function endOf({ metadata, status }: EndedPod): Promise<PodEnd> {
    return {
      index: metadata.labels["batch.kubernetes.io/job-completion-index"] ?? "",
      ...status.containerStatuses[0].state.terminated,
      log: await cluster.kubectl(["logs", metadata.name, "--namespace", namespace]),
    };
  }
}
