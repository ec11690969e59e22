import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentConfigMap, shortHash } from "./content-config-map.ts";
import { type BootstrapSettings, KeyBootstrap } from "./key-bootstrap.ts";
import { oneTimeJob } from "./one-time-job.ts";
import { secretData } from "./secret-data.ts";
import { prometheusRule } from "./sync-alerts.ts";
import { dashboardConfigMap } from "./sync-dashboard.ts";
import { DOCUMENT_FILE, PROGRAM_FILE } from "./sync-files.ts";
import { SyncMemory } from "./sync-memory.ts";
import { syncNetworkPolicy } from "./sync-network-policy.ts";
import { type SyncPodArgs, syncPod } from "./sync-pod.ts";
import { type SyncScheduleArgs, syncSchedule } from "./sync-schedule.ts";
import type { SyncServing } from "./sync-server.ts";
import type { Watched } from "./watched.ts";
import { WebhookReceiver, type WebhookReceiverArgs } from "./webhook-receiver.ts";

export interface SyncCronJobArgs
  extends SyncScheduleArgs,
    Pick<SyncPodArgs, "image" | "imagePullPolicy" | "memory" | "environment" | "keySecrets"> {
  /** Namespace that exists when the job is created. */
  readonly namespace: pulumi.Input<string>;
  /** The whole sync as one JavaScript file. */
  readonly bundle: string;
  /** What the sync decides by, as the JSON text of its configuration file. */
  readonly document: pulumi.Input<string>;
  /** Differs whenever the document does, and is known before anything is declared. */
  readonly documentVersion: string;
  /** Environment that is secret; it becomes the Secret's data. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** PersistentVolumeClaim for what a run leaves for the next; a ConfigMap by default. */
  readonly stateVolumeClaim?: string | undefined;
  /** Examines everything in a Job at each change, whose failure is that of the `up`. */
  readonly doctor: boolean;
  /** Environment for the doctor alone: what the Langfuse server is told about accounts. */
  readonly signIn: Readonly<Record<string, string>>;
  /** Declares alerts on the figures of the runs. */
  readonly alerts: Pick<Watched, "staleAfter"> & {
    readonly enabled: boolean;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  /** Lets Prometheus ask what serves for its figures; by default where there are alerts. */
  readonly metrics: { readonly podMonitors?: boolean | undefined };
  /** What the login-time proxy beside it does with a login whose role could not be made sure, where there is one. */
  readonly proxyMode: Watched["proxy"];
  /** Declares a dashboard of the same figures. */
  readonly dashboard: { readonly enabled: boolean; readonly labels: Readonly<Record<string, string>> };
  /** Follows events of Keycloak as well, and writes only while the job does not. */
  readonly webhook: Pick<WebhookReceiverArgs, "generation" | "namespaces" | "memory"> & { readonly enabled: boolean };
  readonly bootstrap: BootstrapSettings;
  readonly networkPolicy: {
    /** Limits what the pods reach. */
    readonly enabled: boolean;
    readonly apiServers: readonly string[];
  };
  /** Addresses of all servers that the pods talk to. */
  readonly addresses: readonly string[];
  /** What must be there before the first run, such as its rights. */
  readonly after: readonly pulumi.Resource[];
}

const labels = { "app.kubernetes.io/name": "langfuse-role-sync", "app.kubernetes.io/part-of": "langfuse-access" };

/**
 * The role sync in the cluster: a CronJob that runs the bundle by a document, both from immutable ConfigMaps, as an
 * account that may use its own lease and state and nothing else.
 */
export class SyncCronJob extends pulumi.ComponentResource {
  readonly cronJobName: pulumi.Output<string>;
  readonly secretName: pulumi.Output<string>;
  readonly programName: pulumi.Output<string>;
  readonly documentName: pulumi.Output<string>;
  readonly webhook: WebhookReceiver | undefined;
  /** For what else serves beside it: the same program by the same rules, as the same account. */
  readonly serving: SyncServing;

  constructor(name: string, args: SyncCronJobArgs, options?: pulumi.ComponentResourceOptions) {
    super("langfuse-access:kubernetes:SyncCronJob", name, {}, options);
    const child = { parent: this };
    const {
      namespace,
      shards,
      image,
      imagePullPolicy,
      memory: limit,
      environment,
      keySecrets,
      stateVolumeClaim,
    } = args;
    const account = new kubernetes.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata: { name, namespace, labels }, automountServiceAccountToken: false },
      child,
    );
    const secret = new kubernetes.core.v1.Secret(
      `${name}-secret`,
      { metadata: { name: `${name}-credentials`, namespace, labels }, data: secretData(args.secrets) },
      child,
    );
    const file = (kind: string, path: string, content: pulumi.Input<string>, version: string) =>
      contentConfigMap(
        `${name}-${kind}`,
        { namespace, labels, file: path.slice(path.lastIndexOf("/") + 1), content, version },
        child,
      );
    const program = file("program", PROGRAM_FILE, args.bundle, args.bundle);
    const document = file("configuration", DOCUMENT_FILE, args.document, args.documentVersion);
    const memory = new SyncMemory(
      name,
      { namespace, labels, account: account.metadata.name, shards, stateVolumeClaim },
      child,
    );
    const { enabled, apiServers } = args.networkPolicy;
    const policies = enabled
      ? [syncNetworkPolicy(name, { namespace, labels, addresses: args.addresses, apiServers }, child)]
      : [];
    const bootstrap =
      args.bootstrap.organizations.length > 0
        ? new KeyBootstrap(
            `${name}-bootstrap`,
            { ...args, ...args.bootstrap, labels, program: program.metadata.name },
            child,
          ).jobs
        : [];
    const before = [...args.after, ...policies, ...bootstrap];
    const pod = (own: Pick<SyncPodArgs, "command" | "usesCluster"> & Partial<SyncPodArgs>) => ({
      metadata: { labels },
      spec: syncPod({
        image,
        imagePullPolicy,
        memory: limit,
        keySecrets,
        environment,
        account: account.metadata.name,
        secret: secret.metadata.name,
        program: program.metadata.name,
        document: document.metadata.name,
        ...own,
      }),
    });
    const examined = { ...environment, ...args.signIn };
    const examination = args.doctor
      ? [
          oneTimeJob(
            `${name}-doctor`,
            {
              namespace,
              labels,
              template: pod({ command: ["doctor"], usesCluster: false, environment: examined }),
              version: JSON.stringify([args.bundle, args.documentVersion, examined]),
            },
            { ...child, dependsOn: before },
          ),
        ]
      : [];
    const writing = {
      usesCluster: true,
      environment: { ...environment, ...memory.environment },
      stateVolumeClaim,
    };
    const apply = pod({ command: ["apply"], ...writing });
    const ready = [...before, ...memory.parts, ...examination];
    const cronJob = new kubernetes.batch.v1.CronJob(
      `${name}-cron-job`,
      { metadata: { name, namespace, labels }, spec: syncSchedule(args, apply) },
      { ...child, dependsOn: ready },
    );
    const { alerts, metrics } = args;
    const chosen = { ...labels, ...alerts.labels };
    this.serving = {
      ...{ namespace, labels, suspend: args.suspend, isolated: enabled, after: ready },
      monitorLabels: (metrics.podMonitors ?? alerts.enabled) ? chosen : undefined,
      pod: (own) => pod({ ...writing, ...own }).spec,
      version: environmentVersion({ ...environment, ...args.secrets }),
    };
    this.webhook = args.webhook.enabled
      ? new WebhookReceiver(`${name}-webhook`, { ...args.webhook, ...this.serving }, child)
      : undefined;
    const watched = {
      staleAfter: alerts.staleAfter,
      // Suspended, it is away because somebody wants it to be.
      webhook: args.webhook.enabled && !args.suspend,
      proxy: args.proxyMode,
    };
    if (alerts.enabled) prometheusRule(name, { ...watched, namespace, labels: chosen }, child);
    if (args.dashboard.enabled) {
      dashboardConfigMap(name, { ...watched, namespace, labels: { ...labels, ...args.dashboard.labels } }, child);
    }
    this.cronJobName = cronJob.metadata.name;
    this.secretName = secret.metadata.name;
    this.programName = program.metadata.name;
    this.documentName = document.metadata.name;
    this.registerOutputs({ cronJobName: this.cronJobName, secretName: this.secretName });
  }
}

/**
 * Ten digits that differ when a value does. They are no secret: with keys of many random bits among the values nothing can
 * be guessed by them, and a secret would hide the whole pod from a preview.
 */
function environmentVersion(values: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Output<string> {
  return pulumi.unsecret(pulumi.jsonStringify(values).apply(shortHash));
}
