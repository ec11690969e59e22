import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentConfigMap } from "./content-config-map.ts";
import { DOCUMENT_FILE, PROGRAM_FILE } from "./sync-files.ts";
import { SyncMemory } from "./sync-memory.ts";
import { type SyncPodArgs, syncPod } from "./sync-pod.ts";

export interface SyncCronJobArgs extends Pick<SyncPodArgs, "image" | "imagePullPolicy" | "environment" | "keySecrets"> {
  /** Namespace that exists when the job is created. */
  readonly namespace: pulumi.Input<string>;
  /** The whole sync as one JavaScript file. */
  readonly bundle: string;
  /** What the sync decides by, as the JSON text of its configuration file. */
  readonly document: pulumi.Input<string>;
  /** Environment that is secret; it becomes the Secret's data. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** Cron schedule in UTC. */
  readonly schedule: string;
  /** Stops new runs without removing anything. */
  readonly suspend: boolean;
  /** Pods that share the organizations of a run. */
  readonly shards: number;
  /** How many of them run at the same time; all by default. */
  readonly parallelism?: number | undefined;
}

const labels = { "app.kubernetes.io/name": "langfuse-role-sync", "app.kubernetes.io/part-of": "langfuse-access" };

/** A run must end before the next but one is due, in seconds. */
const deadline = 280;

/**
 * The role sync in the cluster: a CronJob that runs the bundle by a document, both from immutable ConfigMaps, as an
 * account that may use its own lease and state and nothing else.
 */
export class SyncCronJob extends pulumi.ComponentResource {
  readonly cronJobName: pulumi.Output<string>;
  readonly secretName: pulumi.Output<string>;
  readonly programName: pulumi.Output<string>;
  readonly documentName: pulumi.Output<string>;

  constructor(name: string, args: SyncCronJobArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:kubernetes:SyncCronJob", name, {}, options);
    const child = { parent: this };
    const { namespace, shards } = args;
    const account = new kubernetes.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata: { name, namespace, labels }, automountServiceAccountToken: false },
      child,
    );
    const secret = new kubernetes.core.v1.Secret(
      `${name}-secret`,
      { metadata: { name: `${name}-credentials`, namespace, labels }, stringData: args.secrets },
      child,
    );
    const file = (kind: string, path: string, content: pulumi.Input<string>) =>
      contentConfigMap(
        `${name}-${kind}`,
        `${name}-${kind}`,
        { namespace, labels, file: path.slice(path.lastIndexOf("/") + 1), content },
        child,
      );
    const program = file("program", PROGRAM_FILE, args.bundle);
    const document = file("configuration", DOCUMENT_FILE, args.document);
    const memory = new SyncMemory(name, { namespace, labels, account: account.metadata.name, shards }, child);
    const cronJob = new kubernetes.batch.v1.CronJob(
      `${name}-cron-job`,
      {
        metadata: { name, namespace, labels },
        spec: {
          schedule: args.schedule,
          timeZone: "Etc/UTC",
          suspend: args.suspend,
          // The next run would wait for the lease of this one and be refused.
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 120,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            metadata: { labels },
            spec: {
              ...sharing(args),
              activeDeadlineSeconds: deadline,
              template: {
                metadata: { labels },
                spec: syncPod({
                  ...args,
                  command: ["apply"],
                  account: account.metadata.name,
                  usesCluster: true,
                  environment: { ...args.environment, ...memory.environment },
                  secret: secret.metadata.name,
                  program: program.metadata.name,
                  document: document.metadata.name,
                }),
              },
            },
          },
        },
      },
      { ...child, dependsOn: [...memory.parts] },
    );
    this.cronJobName = cronJob.metadata.name;
    this.secretName = secret.metadata.name;
    this.programName = program.metadata.name;
    this.documentName = document.metadata.name;
    this.registerOutputs({ cronJobName: this.cronJobName, secretName: this.secretName });
  }
}

/** The next scheduled run is the retry: it reads the world again instead of repeating an old decision. */
function sharing({ shards, parallelism = shards }: Pick<SyncCronJobArgs, "shards" | "parallelism">) {
  if (shards === 1) return { backoffLimit: 0 };
  // A limit for the whole Job would end the other shards at the first one that is refused.
  return { completionMode: "Indexed", completions: shards, parallelism, backoffLimitPerIndex: 0 };
}
