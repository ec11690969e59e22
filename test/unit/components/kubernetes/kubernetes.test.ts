import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parseConfiguration } from "#components/configuration.ts";
import { namespaceName } from "#components/kubernetes/namespace.ts";
import { SyncCronJob, type SyncCronJobArgs } from "#components/kubernetes/sync-cron-job.ts";
import { keycloakProvider, kubernetesProvider } from "#components/providers.ts";
import { syncEnvironment } from "#components/sync-environment.ts";
import { readConfiguration } from "#sync/configuration.ts";
import { deploy, find, isSecretInput, resolved, revealed } from "../deployment.ts";
import { changedValues, completeValues } from "../settings.ts";

const labels = { "app.kubernetes.io/name": "langfuse-role-sync", "app.kubernetes.io/part-of": "langfuse-access" };

describe("the CronJob of the sync", () => {
  const declare = (changes: Partial<SyncCronJobArgs> = {}) =>
    deploy(
      () =>
        new SyncCronJob("sync", {
          namespace: "tools",
          bundle: "the program",
          environment: { KEYCLOAK_URL: "https://keycloak", LANGFUSE_ORG_ID: pulumi.output("o1") },
          secrets: {
            KEYCLOAK_CLIENT_SECRET: pulumi.secret("hidden-1"),
            LANGFUSE_SECRET_KEY: pulumi.secret("hidden-2"),
          },
          schedule: "*/5 * * * *",
          image: "registry.example.com/node:24",
          imagePullPolicy: "Always",
          suspend: false,
          ...changes,
        }),
    );

  it("is hardened in every field, and runs one sync at a time", async () => {
    const { resources } = await declare();
    const hash = createHash("sha256").update("the program").digest("hex").slice(0, 10);
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
                securityContext: {
                  runAsNonRoot: true,
                  runAsUser: 1000,
                  runAsGroup: 1000,
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
                      { name: "LANGFUSE_ORG_ID", value: "o1" },
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
                    volumeMounts: [{ name: "program", mountPath: "/program", readOnly: true }],
                  },
                ],
                volumes: [{ name: "program", configMap: { name: `sync-program-${hash}` } }],
              },
            },
          },
        },
      },
    });
  });

  it("runs as an account without a token", async () => {
    const { resources } = await declare();
    expect(find(resources, "ServiceAccount").inputs).toMatchObject({ automountServiceAccountToken: false });
  });

  it("has its credentials in the Secret only, and secret", async () => {
    const { resources } = await declare();
    const { stringData } = find(resources, "Secret").inputs;
    expect(isSecretInput(stringData)).toBe(true);
    expect(revealed(stringData)).toEqual({ KEYCLOAK_CLIENT_SECRET: "hidden-1", LANGFUSE_SECRET_KEY: "hidden-2" });
    const others = resources.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).not.toContain("hidden");
  });

  it("finds another program under another name", async () => {
    const before = await declare();
    const after = await declare({ bundle: "the next program" });
    const program = find(after.resources, "ConfigMap");
    expect(program.inputs).toMatchObject({ immutable: true, data: { "main.mjs": "the next program" } });
    expect(await resolved(after.result.configMapName)).toMatch(/^sync-program-[0-9a-f]{10}$/);
    expect(await resolved(after.result.configMapName)).not.toBe(await resolved(before.result.configMapName));
  });

  it("can be suspended without removing anything", async () => {
    const { resources } = await declare({ suspend: true });
    expect(find(resources, "CronJob").inputs.spec).toMatchObject({ suspend: true });
  });

  it("has all its parts under it", async () => {
    const { result, resources } = await declare();
    expect(resources.filter(({ name }) => name !== "sync").map(({ parent }) => parent)).toEqual(Array(4).fill("sync"));
    expect(await resolved(result.cronJobName)).toBe("sync");
    expect(await resolved(result.secretName)).toBe("sync-credentials");
  });
});

describe("the namespace", () => {
  it("is created with the restricted standard enforced", async () => {
    const { result, resources } = await deploy(() => namespaceName({ namespace: "tools", createNamespace: true }, {}));
    expect(find(resources, "Namespace").inputs.metadata).toEqual({
      name: "tools",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    });
    expect(await resolved(result)).toBe("tools");
  });

  it("of others is taken as it is", async () => {
    const { result, resources } = await deploy(() => namespaceName({ namespace: "tools", createNamespace: false }, {}));
    expect(resources).toEqual([]);
    expect(await resolved(result)).toBe("tools");
  });
});

describe("the providers", () => {
  const configured = (path = "protect", value: unknown = false) =>
    parseConfiguration("langfuse-access", changedValues(path, value));

  it.each([
    ["a client", configured(), "clientSecret"],
    ["a person", configured("keycloak.admin.username", "ann"), "password"],
  ])("sign in to Keycloak as %s with the secret in its place", async (_title, configuration, place) => {
    const { resources } = await deploy(() => keycloakProvider(configuration));
    const { inputs } = find(resources, "keycloak");
    expect(inputs).toMatchObject({ url: "https://keycloak.example.com", realm: "master", clientId: "admin-cli" });
    expect(isSecretInput(inputs[place])).toBe(true);
    expect(revealed(inputs[place])).toBe("hidden-keycloak-secret");
    expect("clientSecret" in inputs && "password" in inputs).toBe(false);
    expect(String(revealed(inputs.clientTimeout))).toBe("30");
  });

  it("take the kubeconfig that is named, or the ambient one", async () => {
    const ambient = await deploy(() => kubernetesProvider(configured()));
    expect(find(ambient.resources, "kubernetes").inputs).not.toHaveProperty("kubeconfig");
    const values = configured("kubernetes", { kubeconfig: "/etc/kubeconfig", context: "production" });
    const named = await deploy(() => kubernetesProvider(values));
    expect(find(named.resources, "kubernetes").inputs).toMatchObject({
      kubeconfig: "/etc/kubeconfig",
      context: "production",
    });
  });
});

describe("the environment of the sync", () => {
  it("is what the sync itself accepts, in the configured order of precedence", async () => {
    const values = {
      ...completeValues(),
      roles: JSON.stringify([
        { name: "z-admin", grants: "ADMIN" },
        { name: "a-viewer", grants: "VIEWER" },
      ]),
      sync: JSON.stringify({ defaultRole: "NONE" }),
    };
    const configuration = parseConfiguration("langfuse-access", values);
    const environment = syncEnvironment(configuration, "o1") as Record<string, string>;
    const credentials = {
      KEYCLOAK_CLIENT_ID: "langfuse-role-sync",
      KEYCLOAK_CLIENT_SECRET: "a",
      LANGFUSE_PUBLIC_KEY: "pk-lf-1",
      LANGFUSE_SECRET_KEY: "sk-lf-1",
    };
    expect(() => readConfiguration({ ...environment, ...credentials })).not.toThrow();
    expect(environment.ROLE_MAPPING).toBe('{"z-admin":"ADMIN","a-viewer":"VIEWER","default":"NONE"}');
  });

  it("has the addresses that pods use, and the people the sync must not touch", () => {
    const configuration = parseConfiguration("langfuse-access", {
      ...changedValues("keycloak.internalUrl", "http://keycloak:8080"),
      langfuse: JSON.stringify({
        url: "https://langfuse.example.com",
        internalUrl: "http://langfuse:3000",
        organization: { name: "Company" },
        project: { name: "Assistant" },
        members: [{ email: "Ann@example.com", role: "OWNER" }],
      }),
    });
    expect(syncEnvironment(configuration, "o1")).toMatchObject({
      KEYCLOAK_URL: "http://keycloak:8080",
      LANGFUSE_URL: "http://langfuse:3000",
      PROTECTED_MEMBERS: '["ann@example.com"]',
    });
  });
});
