import { describe, expect, it } from "vitest";
import { LoginProxy } from "#components/kubernetes/login-proxy.ts";
import { SyncCronJob, type SyncCronJobArgs } from "#components/kubernetes/sync-cron-job.ts";
import { deploy, find, resolved } from "../deployment.ts";
import { labels, syncArgs } from "./sync-declaration.ts";

const settings = {
  namespaces: ["ingress"],
  memory: 192,
  upstream: "http://langfuse.lf.svc:3000",
  budget: 1_500,
  mode: "pass",
  timeout: 60_000,
};
const own = { ...labels, "app.kubernetes.io/component": "login-proxy" };

const declare = (replicas: number, changes: Partial<SyncCronJobArgs> = {}) =>
  deploy(() => {
    const { serving } = new SyncCronJob("sync", { ...syncArgs(), ...changes });
    return new LoginProxy("proxy", { ...serving, ...settings, replicas });
  });

interface PodSpec {
  readonly restartPolicy: string;
  readonly serviceAccountName: string;
  readonly securityContext: unknown;
  readonly containers: readonly (Readonly<Record<string, unknown>> & {
    readonly env: readonly { readonly name: string; readonly value: string }[];
  })[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}

describe("the login proxy", () => {
  it("runs the program, the rules and the account of the CronJob, as hardened as that", async () => {
    const { resources } = await declare(2);
    const cronJob = find(resources, "CronJob").inputs as {
      spec: { jobTemplate: { spec: { template: { spec: PodSpec } } } };
    };
    const other = cronJob.spec.jobTemplate.spec.template.spec;
    const deployment = find(resources, "Deployment").inputs as { spec: { template: { spec: PodSpec } } };
    const pod = deployment.spec.template.spec;
    const [container] = pod.containers;
    expect(pod).toMatchObject({
      ...{ serviceAccountName: other.serviceAccountName, securityContext: other.securityContext },
      ...{ restartPolicy: "Always", automountServiceAccountToken: false, enableServiceLinks: false },
    });
    expect(container).toMatchObject({
      image: other.containers[0]?.image,
      securityContext: other.containers[0]?.securityContext,
      command: ["node", "--max-old-space-size=152", "/program/main.mjs", "serve", "proxy"],
      ports: [{ containerPort: 8080 }, { containerPort: 9090 }],
      readinessProbe: { httpGet: { path: "/readyz", port: 9090 } },
      startupProbe: { httpGet: { path: "/healthz", port: 9090 }, periodSeconds: 1 },
      livenessProbe: { httpGet: { path: "/healthz", port: 9090 } },
    });
    expect(pod.volumes).toEqual(other.volumes);
    const environment = container?.env.map(({ name, value }) => [name, value]) ?? [];
    expect(Object.fromEntries(environment)).toEqual({
      KEYCLOAK_URL: "https://keycloak",
      LEASE_NAME: "sync",
      STATE_CONFIG_MAP: "sync-state",
      PROXY_UPSTREAM: "http://langfuse.lf.svc:3000",
      PROXY_PORT: "8080",
      PROXY_OPERATIONS_PORT: "9090",
      PROXY_BUDGET: "1500",
      PROXY_MODE: "pass",
      PROXY_TIMEOUT: "60000",
    });
    expect(container?.envFrom).toEqual([{ secretRef: { name: "sync-credentials" } }]);
    expect(find(resources, "Deployment").dependsOn).toEqual(
      expect.arrayContaining(["sync-lease", "sync-state", "sync-role-binding"]),
    );
  });

  it("begins anew with another credential, and only then", async () => {
    const versionOf = async (secret: string) => {
      const { resources } = await declare(1, { secrets: { KEYCLOAK_CLIENT_SECRET: secret } });
      const { spec } = find(resources, "Deployment").inputs as {
        spec: { template: { metadata: { annotations: Record<string, string> } } };
      };
      return spec.template.metadata.annotations["langfuse-access/version"];
    };
    expect(await versionOf("a")).toBe(await versionOf("a"));
    expect(await versionOf("a")).not.toBe(await versionOf("b"));
  });

  it("is found by its Service, and is never away as a whole where there are several", async () => {
    const { result, resources } = await declare(2);
    expect(await resolved(result.url)).toBe("http://proxy.tools.svc");
    expect(find(resources, "Service").inputs.spec).toEqual({
      selector: own,
      ports: [
        { name: "http", port: 80, targetPort: 8080 },
        { name: "operations", port: 9090, targetPort: 9090 },
      ],
    });
    expect(find(resources, "Deployment").inputs.spec).toMatchObject({
      replicas: 2,
      selector: { matchLabels: own },
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
    });
    expect(find(resources, "PodDisruptionBudget").inputs.spec).toEqual({
      maxUnavailable: 1,
      selector: { matchLabels: own },
    });
    // One alone could then never be moved.
    const { resources: single } = await declare(1);
    expect(single.filter(({ type }) => type.endsWith(":PodDisruptionBudget"))).toEqual([]);
  });

  it("is asked for its figures at the port that only the cluster knows", async () => {
    const { resources } = await declare(2, { metrics: { podMonitors: true } });
    expect(find(resources, "PodMonitor").inputs.spec).toEqual({
      selector: { matchLabels: own },
      podMetricsEndpoints: [{ port: "operations", path: "/metrics" }],
    });
  });

  it("is reached on its ports, where the network is limited, and reaches what the CronJob reaches", async () => {
    const { resources } = await declare(2, { networkPolicy: { enabled: true, apiServers: [] } });
    const policy = (name: string) => find(resources, "NetworkPolicy", `${name}-network-policy`).inputs.spec;
    expect(policy("proxy")).toEqual({
      podSelector: { matchLabels: own },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress" } } }],
          ports: [8080, 9090].map((port) => ({ protocol: "TCP", port })),
        },
      ],
    });
    // The other one limits what all pods of the sync reach.
    expect(policy("sync")).toMatchObject({ podSelector: { matchLabels: labels }, ingress: [] });
  });
});
