import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { decoded, find, isSecretInput, type Registered, resolved } from "../deployment.ts";
import { declare, type JobSpec, jobSpec, labels } from "./sync-declaration.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 10);

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
                terminationGracePeriodSeconds: 60,
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
    const { data } = find(resources, "Secret").inputs;
    expect(isSecretInput(data)).toBe(true);
    expect(decoded(data)).toEqual({ KEYCLOAK_CLIENT_SECRET: "hidden-1", LANGFUSE_SECRET_KEY: "hidden-2" });
    const others = resources.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).not.toContain("hidden");
  });

  it.each([
    { what: "program", changed: { bundle: "another" }, file: "main.mjs" },
    { what: "configuration", changed: { document: "another", documentVersion: "2" }, file: "sync.json" },
  ])("finds another $what under another name, as another resource", async ({ what, changed, file }) => {
    const one = (resources: readonly Registered[]) => {
      const found = resources.filter(
        ({ name, type }) => type.endsWith(":ConfigMap") && name.startsWith(`sync-${what}-`),
      );
      expect(found).toHaveLength(1);
      return found[0] as Registered;
    };
    const before = one((await declare()).resources);
    const after = one((await declare(changed)).resources);
    expect(before.name).not.toBe(after.name);
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

  it("is examined by a Job before it, which needs no access to the cluster", async () => {
    const { resources } = await declare({ doctor: true });
    const job = find(resources, "Job");
    expect(job.inputs.metadata).toMatchObject({ name: expect.stringMatching(/^sync-doctor-[0-9a-f]{10}$/) });
    const spec = job.inputs.spec as JobSpec;
    const cronJobPod = jobSpec(resources).template.spec;
    expect(spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 240 });
    expect(spec.template.spec).toEqual({
      ...cronJobPod,
      containers: [
        {
          ...cronJobPod.containers[0],
          command: ["node", "--max-old-space-size=88", "/program/main.mjs", "doctor"],
          env: [
            { name: "KEYCLOAK_URL", value: "https://keycloak" },
            { name: "AUTH_DISABLE_SIGNUP", value: "true" },
          ],
          volumeMounts: cronJobPod.containers[0]?.volumeMounts.slice(0, 2),
        },
      ],
      volumes: cronJobPod.volumes.slice(0, 2),
    });
    expect(find(resources, "CronJob").dependsOn).toContain(job.name);
    const other = await declare({ doctor: true, bundle: "another program" });
    expect(find(other.resources, "Job").inputs.metadata).not.toEqual(job.inputs.metadata);
    const open = await declare({ doctor: true, signIn: {} });
    expect(find(open.resources, "Job").inputs.metadata).not.toEqual(job.inputs.metadata);
  });

  it("has keys made by a Job of an account of its own, which alone gets the server's key", async () => {
    const bootstrap = {
      organizations: [{ id: "o2", secretName: "research" }],
      langfuseUrl: "http://langfuse:3000",
      adminApiKey: pulumi.secret("hidden-3"),
    };
    const { resources } = await declare({ bootstrap });
    const job = find(resources, "Job");
    expect(job.inputs.metadata).toMatchObject({
      name: expect.stringMatching(/^sync-bootstrap-research-[0-9a-f]{10}$/),
    });
    expect(job.inputs.spec).toMatchObject({
      template: {
        spec: {
          serviceAccountName: "sync-bootstrap",
          containers: [
            {
              command: ["node", "--max-old-space-size=88", "/program/main.mjs", "bootstrap"],
              env: [
                { name: "LANGFUSE_URL", value: "http://langfuse:3000" },
                { name: "LANGFUSE_ORG_ID", value: "o2" },
                { name: "BOOTSTRAP_SECRET", value: "research" },
              ],
              envFrom: [{ secretRef: { name: "sync-bootstrap" } }],
            },
          ],
          volumes: [{ name: "program" }, { name: "api-access" }],
        },
      },
    });
    expect(find(resources, "Role", "sync-bootstrap-role").inputs.rules).toEqual([
      { apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: ["research"] },
      { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
    ]);
    expect(job.dependsOn).toContain("sync-bootstrap-role-binding");
    expect(find(resources, "CronJob").dependsOn).toContain(job.name);
    expect(JSON.stringify(resources.filter(({ type }) => !type.endsWith(":Secret")))).not.toContain("hidden");
  });

  it("keeps its state on a volume, when asked, and then needs no right to a ConfigMap", async () => {
    const { resources } = await declare({ stateVolumeClaim: "sync-state", doctor: true });
    const { containers, volumes } = jobSpec(resources).template.spec;
    expect(volumes).toContainEqual({ name: "state", persistentVolumeClaim: { claimName: "sync-state" } });
    expect(containers[0]?.volumeMounts).toContainEqual({ name: "state", mountPath: "/state", readOnly: false });
    expect(containers[0]?.env).toContainEqual({ name: "STATE_FILE", value: "/state/state.json" });
    const rules = find(resources, "Role").inputs.rules as readonly { resources: string[] }[];
    expect(rules.map((rule) => rule.resources)).toEqual([["leases"]]);
    expect(JSON.stringify(find(resources, "Job").inputs)).not.toContain("/state");
  });

  it("leaves Node as much beside its heap, however much memory it has", async () => {
    const { resources } = await declare({ memory: 512 });
    const [container] = jobSpec(resources).template.spec.containers;
    expect(container).toMatchObject({
      command: ["node", "--max-old-space-size=472", "/program/main.mjs", "apply"],
      resources: { requests: { memory: "256Mi" }, limits: { memory: "512Mi" } },
    });
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
