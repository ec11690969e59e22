import { writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { run } from "../process/run.ts";
import { programFolder } from "../pulumi/stack.ts";
import type { Bed } from "./bed.ts";
import { endOfJob } from "./job.ts";

/** What the stack says about the deployed sync. */
export interface DeployedSync {
  readonly namespace: string;
  readonly cronJobName: string;
  readonly secretName: string;
}

export interface SyncRun {
  readonly succeeded: boolean;
  readonly log: string;
  /** `pod` for a Job in the cluster, `process` where there is no node. */
  readonly ranAs: "pod" | "process";
}

/** How long a Job may take from its creation to its end, in milliseconds. */
const JOB_TIMEOUT = 300_000;

const cronJobAnswer = z.object({
  spec: z.object({
    jobTemplate: z.object({
      spec: z.object({
        template: z.object({
          spec: z.object({
            containers: z.array(
              z.object({
                env: z.array(z.object({ name: z.string(), value: z.string().default("") })),
              }),
            ),
            volumes: z.array(z.object({ name: z.string(), configMap: z.object({ name: z.string() }).optional() })),
          }),
        }),
      }),
    }),
  }),
});
const dataAnswer = z.object({ data: z.record(z.string(), z.string()) });

/** Runs the deployed sync once: as a Job made from its CronJob, or without a node as a process with the same bundle. */
export async function runDeployedSync(bed: Bed, sync: DeployedSync, jobName: string): Promise<SyncRun> {
  return bed.cluster.hasNode ? await runJob(bed, sync, jobName) : await runBundle(bed, sync);
}

async function runJob({ cluster }: Bed, { namespace, cronJobName }: DeployedSync, jobName: string): Promise<SyncRun> {
  const inNamespace = ["--namespace", namespace];
  await cluster.kubectl(["create", "job", jobName, `--from=cronjob/${cronJobName}`, ...inNamespace]);
  const [end] = await endOfJob(cluster, { namespace, name: jobName }, JOB_TIMEOUT / 1000);
  return { succeeded: end?.exitCode === 0, log: end?.log ?? "", ranAs: "pod" };
}

async function runBundle(bed: Bed, sync: DeployedSync): Promise<SyncRun> {
  return await (await bundleHere(bed, sync))();
}

/** Runs the program as a process of this machine, with what is deployed now and not when it runs. */
export async function bundleHere(bed: Bed, sync: DeployedSync): Promise<() => Promise<SyncRun>> {
  const file = path.join(bed.folder, "main.mjs");
  await writeFile(file, await deployedFile(bed, sync, "program", "main.mjs"));
  const environment = await environmentHere(bed, sync);
  return async () => {
    try {
      const log = await run(process.execPath, [file, "apply"], { environment, timeout: JOB_TIMEOUT });
      return { succeeded: true, log, ranAs: "process" };
    } catch (error) {
      return { succeeded: false, log: String(error), ranAs: "process" };
    }
  };
}

/** What `npm run sync -- plan` shows on this machine, with the deployed settings and credentials. */
export async function planHere(bed: Bed, sync: DeployedSync): Promise<string> {
  const environment = await environmentHere(bed, sync);
  const main = path.join(programFolder, "sync-function", "main.ts");
  // A plan with changes ends with 2: that is news, not a failure.
  return await run(process.execPath, [main, "plan"], { environment, timeout: JOB_TIMEOUT, accept: [0, 2] });
}

/** Environment that a run of the CronJob gets, with the Secret's values. */
export async function deployedEnvironment(
  { cluster }: Bed,
  { namespace, cronJobName, secretName }: DeployedSync,
): Promise<Record<string, string>> {
  const get = async (kind: string, name: string) =>
    JSON.parse(await cluster.kubectl(["get", kind, name, "--namespace", namespace, "-o", "json"])) as unknown;
  const { env } = podOf(cronJobAnswer.parse(await get("cronjob", cronJobName)));
  const { data } = dataAnswer.parse(await get("secret", secretName));
  const secrets = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]);
  return { ...Object.fromEntries(env.map(({ name, value }) => [name, value])), ...Object.fromEntries(secrets) };
}

/** The same for a process of this machine, which has no lease and no state in the cluster. */
async function environmentHere(bed: Bed, sync: DeployedSync): Promise<NodeJS.ProcessEnv> {
  const { LEASE_NAME: _lease, STATE_CONFIG_MAP: _state, ...deployed } = await deployedEnvironment(bed, sync);
  const document = path.join(bed.folder, "sync.json");
  await writeFile(document, await deployedFile(bed, sync, "configuration", "sync.json"));
  // What the run remembers goes with the bed.
  const own = { SYNC_CONFIG: document, STATE_FILE: path.join(bed.folder, "sync-state.json") };
  const addresses = { KEYCLOAK_URL: bed.keycloak.url, LANGFUSE_URL: bed.langfuse.url };
  return { ...process.env, ...deployed, ...own, ...addresses };
}

/** Content of a ConfigMap that the CronJob's pods mount as the volume of this name. */
async function deployedFile(
  { cluster }: Bed,
  { namespace, cronJobName }: DeployedSync,
  volume: string,
  file: string,
): Promise<string> {
  const get = async (kind: string, name: string) =>
    JSON.parse(await cluster.kubectl(["get", kind, name, "--namespace", namespace, "-o", "json"])) as unknown;
  const { volumes } = podOf(cronJobAnswer.parse(await get("cronjob", cronJobName)));
  const name = volumes.find((candidate) => candidate.name === volume)?.configMap?.name ?? "";
  return dataAnswer.parse(await get("configmap", name)).data[file] ?? "";
}

function podOf({ spec }: z.output<typeof cronJobAnswer>) {
  const { containers, volumes } = spec.jobTemplate.spec.template.spec;
  return { env: containers[0]?.env ?? [], volumes };
}
