import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { SyncCronJob, type SyncCronJobArgs } from "#components/kubernetes/sync-cron-job.ts";
import { deploy, find, isSecretInput, type Registered, resolved, revealed } from "../deployment.ts";

const labels = { "app.kubernetes.io/name": "langfuse-role-sync", "app.kubernetes.io/part-of": "langfuse-access" };
const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 10);

const declare = (changes: Partial<SyncCronJobArgs> = {}) =>
  deploy(
    () =>
      new SyncCronJob("sync", {
        namespace: "tools",
        bundle: "the program",
        document: pulumi.output("the rules"),
        environment: { KEYCLOAK_URL: "https://keycloak" },
        secrets: { KEYCLOAK_CLIENT_SECRET: pulumi.secret("hidden-1"), LANGFUSE_SECRET_KEY: pulumi.secret("hidden-2") },
        keySecrets: [],
        schedule: "*/5 * * * *",
        image: "registry.example.com/node:24",
        imagePullPolicy: "Always",
        suspend: false,
        shards: 1,
        ...changes,
      }),
  );

interface JobSpec {
  readonly template: {
    readonly spec: {
      readonly containers: readonly { readonly env: unknown; readonly volumeMounts: readonly unknown[] }[];
      readonly volumes: readonly unknown[];
    };
  };
}

function jobSpec(resources: readonly Registered[]): JobSpec {
  const { spec } = find(resources, "CronJob").inputs as { spec: { jobTemplate: { spec: JobSpec } } };
  return spec.jobTemplate.spec;
}

describe("the CronJob of the sync", () => {
  it("is hardened in every field, and runs one sync at a time", async () => {
    const { resources } = await declare();
    expect(find(resources, "CronJob").inputs).toEqual({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "sync", namespace: "tools", labels },
      spec: {
        schedule: "*/5 * * * *",
        timeZone: "Etc/UTC",
        suspend: false,
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 120,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          metadata: { labels },
          spec: {
            backoffLimit: 0,
            activeDeadlineSeconds: 280,
            template: {
              metadata: { labels },
              spec: {
                serviceAccountName: "sync",
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                restartPolicy: "Never",
                terminationGracePeriodSeconds: 150,
                securityContext: {
                  runAsNonRoot: true,
                  runAsUser: 1000,
                  runAsGroup: 1000,
                  fsGroup: 1000,
                  seccompProfile: { type: "RuntimeDefault" },
                },
                containers: [
                  {
                    name: "sync",
                    image: "registry.example.com/node:24",
                    imagePullPolicy: "Always",
                    command: ["node", "--max-old-space-size=88", "/program/main.mjs", "apply"],
                    env: [
                      { name: "KEYCLOAK_URL", value: "https://keycloak" },
                      { name: "LEASE_NAME", value: "sync" },
                      { name: "STATE_CONFIG_MAP", value: "sync-state" },
                    ],
                    envFrom: [{ secretRef: { name: "sync-credentials" } }],
                    resources: {
                      requests: { cpu: "50m", memory: "64Mi" },
                      limits: { cpu: "200m", memory: "128Mi" },
                    },
                    securityContext: {
                      allowPrivilegeEscalation: false,
                      readOnlyRootFilesystem: true,
                      capabilities: { drop: ["ALL"] },
                    },
                    volumeMounts: [
                      { name: "program", mountPath: "/program", readOnly: true },
                      { name: "configuration", mountPath: "/configuration", readOnly: true },
                      {
                        name: "api-access",
                        mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
                        readOnly: true,
                      },
                    ],
                  },
                ],
                volumes: [
                  { name: "program", configMap: { name: `sync-program-${hash("the program")}` } },
                  { name: "configuration", configMap: { name: `sync-configuration-${hash("the rules")}` } },
                  {
                    name: "api-access",
                    projected: {
                      defaultMode: 0o440,
                      sources: [
                        { serviceAccountToken: { path: "token", expirationSeconds: 600 } },
                        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
                        {
                          downwardAPI: {
                            items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }],
                          },
                        },
                      ],
                    },
                  },
                ],
              },
            },
          },
        },
      },
    });
  });

  it("may read and replace its own lease and state, which are there before it, and nothing else", async () => {
    const { resources } = await declare();
    expect(find(resources, "ServiceAccount").inputs).toMatchObject({ automountServiceAccountToken: false });
    expect(find(resources, "Role").inputs.rules).toEqual([
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: ["sync"], verbs: ["get", "update"] },
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["sync-state"], verbs: ["get", "update"] },
    ]);
    expect(find(resources, "RoleBinding").inputs).toMatchObject({
      roleRef: { kind: "Role", name: "sync" },
      subjects: [{ kind: "ServiceAccount", name: "sync", namespace: "tools" }],
    });
    expect(find(resources, "Lease").inputs.metadata).toMatchObject({ name: "sync", namespace: "tools" });
    expect(find(resources, "ConfigMap", "sync-state").inputs).not.toHaveProperty("data");
    expect(find(resources, "CronJob").dependsOn).toEqual(
      expect.arrayContaining(["sync-lease", "sync-state", "sync-role-binding"]),
    );
  });

  it("has its credentials in the Secret only, and secret", async () => {
    const { resources } = await declare();
    const { stringData } = find(resources, "Secret").inputs;
    expect(isSecretInput(stringData)).toBe(true);
    expect(revealed(stringData)).toEqual({ KEYCLOAK_CLIENT_SECRET: "hidden-1", LANGFUSE_SECRET_KEY: "hidden-2" });
    const others = resources.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).not.toContain("hidden");
  });

  it.each([
    { what: "program", changed: { bundle: "another" }, file: "main.mjs" },
    { what: "configuration", changed: { document: "another" }, file: "sync.json" },
  ])("finds another $what under another name", async ({ what, changed, file }) => {
    const before = find((await declare()).resources, "ConfigMap", `sync-${what}`);
    const after = find((await declare(changed)).resources, "ConfigMap", `sync-${what}`);
    expect(after.inputs).toMatchObject({ immutable: true, data: { [file]: "another" } });
    expect(after.inputs.metadata).toMatchObject({ name: `sync-${what}-${hash("another")}` });
    expect(before.inputs.metadata).not.toEqual(after.inputs.metadata);
  });

  it("finds the keys of further organizations in a folder for each", async () => {
    const { resources } = await declare({ keySecrets: ["research", "platform"] });
    const { containers, volumes } = jobSpec(resources).template.spec;
    const items = (name: string) => [
      { key: "LANGFUSE_PUBLIC_KEY", path: `${name}/public-key` },
      { key: "LANGFUSE_SECRET_KEY", path: `${name}/secret-key` },
    ];
    expect(volumes).toContainEqual({
      name: "keys",
      projected: {
        defaultMode: 0o440,
        sources: ["research", "platform"].map((name) => ({ secret: { name, items: items(name) } })),
      },
    });
    expect(containers[0]?.volumeMounts).toContainEqual({ name: "keys", mountPath: "/keys", readOnly: true });
  });

  it("shares the organizations over pods that fail each for itself, with a lease and a state for each", async () => {
    const { resources } = await declare({ shards: 3, parallelism: 2 });
    const spec = jobSpec(resources);
    expect(spec).toMatchObject({
      completionMode: "Indexed",
      completions: 3,
      parallelism: 2,
      backoffLimitPerIndex: 0,
    });
    expect(spec).not.toHaveProperty("backoffLimit");
    const rules = find(resources, "Role").inputs.rules as readonly { resourceNames: string[] }[];
    expect(rules.map(({ resourceNames }) => resourceNames)).toEqual([
      ["sync-0", "sync-1", "sync-2"],
      ["sync-state-0", "sync-state-1", "sync-state-2"],
    ]);
    expect(resources.filter(({ type }) => type.endsWith(":Lease")).map(({ name }) => name)).toEqual([
      "sync-0-lease",
      "sync-1-lease",
      "sync-2-lease",
    ]);
  });

  it("can be suspended without removing anything", async () => {
    const { resources } = await declare({ suspend: true });
    expect(find(resources, "CronJob").inputs.spec).toMatchObject({ suspend: true });
  });

  it("has all its parts under it", async () => {
    const { result, resources } = await declare();
    const parts = resources.filter(({ type }) => !type.startsWith("langfuse-access:"));
    expect(new Set(parts.map(({ parent }) => parent))).toEqual(new Set(["sync"]));
    expect(await resolved(result.cronJobName)).toBe("sync");
    expect(await resolved(result.secretName)).toBe("sync-credentials");
  });
});
