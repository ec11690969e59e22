import { z } from "zod";
import { inheritedShape, rulesShape } from "#sync/configuration/document.ts";
import { ROLES } from "#sync/langfuse/role.ts";
import { plainAddress } from "./address.ts";

const name = z.string().min(1).max(255);
const kubernetesName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "use up to 63 lower-case letters, digits and dashes");

/** What decides about access, in the words of the sync, but for its `default`, which needs a noun beside `schedule`. */
const { default: _, ...inherited } = inheritedShape;
const accessShape = { ...rulesShape, ...inherited };

const organization = z.strictObject({
  /** Id in Langfuse of an organization that exists. */
  id: name,
  /** How plans, logs and metrics call it; the id by default. */
  name: name.optional(),
  /** Address of its Langfuse as pods reach it, where that is not `langfuse`. */
  langfuseUrl: plainAddress.optional(),
  /** Secret with its key pair; without it this program makes a key, which needs the same Langfuse. */
  secretName: kubernetesName.optional(),
  /** Let a Job in the cluster make the key and that Secret, unless it is there, so that the key is in no state. */
  bootstrap: z.boolean().default(false),
  defaultRole: z.enum(ROLES).optional(),
  ...accessShape,
});
export type FurtherOrganization = z.output<typeof organization>;

/** The role sync: where and when it runs, and what it decides by. */
export const syncSchema = z.strictObject({
  /** Client id of the service account in Keycloak. */
  clientId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,200}$/, "use letters, digits, dots, dashes and underscores")
    .default("langfuse-role-sync"),
  /** Cron schedule, in UTC. */
  schedule: z
    .string()
    .regex(/^(@[a-z]+|\S+( +\S+){4})$/, 'use five fields, such as "*/5 * * * *", or a name, such as "@hourly"')
    .default("*/5 * * * *"),
  /** Image with Node 24 as `node`; the program itself comes from a ConfigMap. */
  image: z.string().min(1).default("docker.io/library/node:24-alpine"),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
  /** MiB that a pod may use; the heap of Node is limited below that. */
  memory: z.int().min(128).max(8192).default(128),
  suspend: z.boolean().default(false),
  /** Examine servers, rights and rules in a Job at every change of the deployment, and fail the `up` on an error. */
  doctor: z.boolean().default(false),
  /** Where each run leaves its figures, nowhere by default, and whether Prometheus asks what serves for them. */
  metrics: z
    .strictObject({
      /** Address of a Prometheus Pushgateway as pods reach it. */
      pushgatewayUrl: plainAddress.optional(),
      /** Who pushes, where it asks; the password is the key `pushgatewayPassword`. */
      pushgatewayUser: name.optional(),
      /** Declare PodMonitors for webhook and proxy; by default where `alerts` are declared. */
      podMonitors: z.boolean().optional(),
    })
    .prefault({}),
  alerts: z
    .strictObject({
      /** Declare alerts on the figures; the cluster must have the Prometheus operator. */
      enabled: z.boolean().default(false),
      /** Labels by which the operator chooses rules and monitors. */
      labels: z.record(z.string(), z.string()).optional(),
      /** Minutes without a good run after which roles count as stale. */
      staleAfter: z.int().min(1).max(10_080).default(30),
    })
    .prefault({}),
  dashboard: z
    .strictObject({
      /** Put a Grafana dashboard of the figures into a ConfigMap. */
      enabled: z.boolean().default(false),
      /** Labels by which Grafana's sidecar finds dashboards. */
      labels: z.record(z.string(), z.string()).default({ grafana_dashboard: "1" }),
    })
    .prefault({}),
  /** Follows events of Keycloak within a second, beside the schedule; see docs/webhook.md for Keycloak's side. */
  webhook: z
    .strictObject({
      enabled: z.boolean().default(false),
      /** MiB that its pod may use; it also makes runs about everybody, beside what it keeps. */
      memory: z.int().min(128).max(8192).default(192),
      /** Raised by one, there is a new secret, and the one before stays good until it is raised again. */
      generation: z.int().min(1).max(1_000_000).default(1),
      /** Namespaces that may reach it where `networkPolicy` is on: Keycloak's and Prometheus'; all by default. */
      namespaces: z.array(kubernetesName).default([]),
    })
    .prefault({}),
  networkPolicy: z
    .strictObject({
      /** Let the pods reach the configured servers only; needs a network that enforces policies. */
      enabled: z.boolean().default(false),
      /** Where the API server is; anywhere by default. */
      apiServers: z.array(z.cidrv4("use an address with a prefix, such as 10.0.0.1/32")).default([]),
    })
    .prefault({}),
  /** Pods that share the organizations of one run, each organization always with the same of them. */
  shards: z.int().min(1).max(1000).default(1),
  /** How many of them run at the same time; all by default. */
  parallelism: z.int().min(1).max(1000).optional(),
  /** PersistentVolumeClaim of the namespace for what a run leaves for the next; a ConfigMap for each shard by default. */
  stateVolumeClaim: kubernetesName.optional(),
  /** Follow client roles too, and give the service account the right to see them. */
  clientRoles: z.boolean().default(false),
  /** Organization role of members who have a Keycloak user but no rule gives a role. */
  defaultRole: z.enum(ROLES).default("NONE"),
  ...accessShape,
  /** Organizations beside the declared one. */
  organizations: z.array(organization).default([]),
});
export type SyncSettings = z.output<typeof syncSchema>;

/** What the sync calls the declared organization. */
export function organizationTitle({
  name,
  id,
}: {
  readonly name?: string | undefined;
  readonly id?: string | undefined;
}): string {
  return name ?? id ?? "";
}

/** The Secret with the key pair of a further organization: the named one, or the one this program makes. */
export function keySecretName({ id, secretName }: Pick<FurtherOrganization, "id" | "secretName">): string {
  return secretName ?? `langfuse-key-${id.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-")}`;
}
