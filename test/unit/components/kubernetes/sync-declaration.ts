import * as pulumi from "@pulumi/pulumi";
import { SyncCronJob, type SyncCronJobArgs } from "#components/kubernetes/sync-cron-job.ts";
import { deploy, find, type Registered } from "../deployment.ts";

export const labels = {
  "app.kubernetes.io/name": "langfuse-role-sync",
  "app.kubernetes.io/part-of": "langfuse-access",
};

/** What a stack says of a sync. */
export const syncArgs = (): SyncCronJobArgs => ({
  namespace: "tools",
  bundle: "the program",
  document: pulumi.output("the rules"),
  documentVersion: "1",
  environment: { KEYCLOAK_URL: "https://keycloak" },
  secrets: { KEYCLOAK_CLIENT_SECRET: pulumi.secret("hidden-1"), LANGFUSE_SECRET_KEY: pulumi.secret("hidden-2") },
  keySecrets: [],
  schedule: "*/5 * * * *",
  image: "registry.example.com/node:24",
  imagePullPolicy: "Always",
  memory: 128,
  suspend: false,
  shards: 1,
  doctor: false,
  signIn: { AUTH_DISABLE_SIGNUP: "true" },
  alerts: { enabled: false, staleAfter: 30 },
  metrics: {},
  proxyMode: undefined,
  dashboard: { enabled: false, labels: {} },
  webhook: { enabled: false, memory: 192, generation: 1, namespaces: [] },
  networkPolicy: { enabled: false, apiServers: [] },
  addresses: ["http://10.0.0.9:8080", "https://langfuse.example.com", "http://langfuse.lf.svc:3000/a"],
  bootstrap: { organizations: [], langfuseUrl: "http://langfuse.lf.svc:3000", adminApiKey: "" },
  after: [],
});

/** A sync as a stack declares it, under mocks. */
export const declare = (changes: Partial<SyncCronJobArgs> = {}) =>
  deploy(() => new SyncCronJob("sync", { ...syncArgs(), ...changes }));

export interface JobSpec {
  readonly template: {
    readonly spec: {
      readonly containers: readonly { readonly env: unknown; readonly volumeMounts: readonly unknown[] }[];
      readonly volumes: readonly unknown[];
    };
  };
}

export function jobSpec(resources: readonly Registered[]): JobSpec {
  const { spec } = find(resources, "CronJob").inputs as { spec: { jobTemplate: { spec: JobSpec } } };
  return spec.jobTemplate.spec;
}
