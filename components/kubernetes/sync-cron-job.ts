import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface SyncCronJobArgs {
  /** Namespace that exists when the job is created. */
  readonly namespace: pulumi.Input<string>;
  /** The whole sync as one JavaScript file. */
  readonly bundle: string;
  /** Plain environment of the sync. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Environment that is secret; it becomes the Secret's data. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** Cron schedule in UTC. */
  readonly schedule: string;
  /** Image whose `node` is Node 24. */
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  /** Stops new runs without removing anything. */
  readonly suspend: boolean;
}

const labels = { "app.kubernetes.io/name": "langfuse-role-sync", "app.kubernetes.io/part-of": "langfuse-access" };

/** The numeric user of the Node images; any non-root number does, since the file system is read-only. */
const user = 1000;

/** A run must end before the next but one is due, in seconds. */
const deadline = 280;

/** Heap limit in MiB: below the container's 128 Mi, so that a leak ends as a readable error and not as a kill. */
const heapLimit = 88;

/**
 * The role sync in the cluster: a CronJob that runs the bundle from an immutable ConfigMap, whose name carries the
 * bundle's hash, so that a run in flight never sees another program than it started with.
 */
export class SyncCronJob extends pulumi.ComponentResource {
  readonly cronJobName: pulumi.Output<string>;
  readonly secretName: pulumi.Output<string>;
  readonly configMapName: pulumi.Output<string>;

  constructor(name: string, args: SyncCronJobArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:kubernetes:SyncCronJob", name, {}, options);
    const child = { parent: this };
    const account = new kubernetes.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata: { name, namespace: args.namespace, labels }, automountServiceAccountToken: false },
      child,
    );
    const secret = new kubernetes.core.v1.Secret(
      `${name}-secret`,
      { metadata: { name: `${name}-credentials`, namespace: args.namespace, labels }, stringData: args.secrets },
      child,
    );
    const hash = createHash("sha256").update(args.bundle).digest("hex").slice(0, 10);
    const program = new kubernetes.core.v1.ConfigMap(
      `${name}-program`,
      {
        metadata: { name: `${name}-program-${hash}`, namespace: args.namespace, labels },
        immutable: true,
        data: { "main.mjs": args.bundle },
      },
      child,
    );
    const cronJob = new kubernetes.batch.v1.CronJob(
      `${name}-cron-job`,
      {
        metadata: { name, namespace: args.namespace, labels },
        spec: {
          schedule: args.schedule,
          timeZone: "Etc/UTC",
          suspend: args.suspend,
          // Two writers would fight over the same people.
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 120,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            metadata: { labels },
            spec: {
              // The next scheduled run is the retry: it reads the world again instead of repeating an old decision.
              backoffLimit: 0,
              activeDeadlineSeconds: deadline,
              template: {
                metadata: { labels },
                spec: podSpec(account.metadata.name, secret.metadata.name, program.metadata.name, args),
              },
            },
          },
        },
      },
      child,
    );
    this.cronJobName = cronJob.metadata.name;
    this.secretName = secret.metadata.name;
    this.configMapName = program.metadata.name;
    this.registerOutputs({ cronJobName: this.cronJobName, secretName: this.secretName });
  }
}

function podSpec(
  account: pulumi.Input<string>,
  secret: pulumi.Input<string>,
  program: pulumi.Input<string>,
  args: SyncCronJobArgs,
): kubernetes.types.input.core.v1.PodSpec {
  return {
    serviceAccountName: account,
    // The sync talks to Keycloak and Langfuse only, never to the cluster.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "sync",
        image: args.image,
        imagePullPolicy: args.imagePullPolicy,
        command: ["node", `--max-old-space-size=${heapLimit}`, "/program/main.mjs", "apply"],
        env: Object.entries(args.environment).map(([key, value]) => ({ name: key, value })),
        envFrom: [{ secretRef: { name: secret } }],
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "200m", memory: "128Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "program", mountPath: "/program", readOnly: true }],
      },
    ],
    volumes: [{ name: "program", configMap: { name: program } }],
  };
}
