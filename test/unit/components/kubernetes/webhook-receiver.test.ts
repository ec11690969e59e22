import { describe, expect, it } from "vitest";
import { decoded, find, isSecretInput, type Registered, resolved } from "../deployment.ts";
import { declare, labels } from "./sync-declaration.ts";

const webhook = { enabled: true, memory: 192, generation: 1, namespaces: [] };
const own = { ...labels, "app.kubernetes.io/component": "webhook" };

interface Deployment {
  readonly replicas: number;
  readonly selector: object;
  readonly template: {
    readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
    readonly spec: {
      readonly restartPolicy: string;
      readonly securityContext: object;
      readonly volumes: readonly { readonly name: string }[];
      readonly containers: readonly [
        {
          readonly command: readonly string[];
          readonly env: readonly { readonly name: string }[];
          readonly envFrom: unknown;
          readonly securityContext: object;
        } & Record<string, unknown>,
      ];
    };
  };
}
const deploymentOf = (resources: readonly Registered[]) => find(resources, "Deployment").inputs.spec as Deployment;
const named = (resources: readonly Registered[], type: string, name: string) =>
  resources.find((one) => one.type.endsWith(`:${type}`) && one.name === name);

describe("the webhook in the cluster", () => {
  it("is not there unless it is asked for", async () => {
    const { result, resources } = await declare();
    expect(result.webhook).toBeUndefined();
    expect(resources.filter(({ type }) => /:(Deployment|Service)$/.test(type))).toEqual([]);
  });

  it("is one pod as hardened as that of the CronJob, with its program, its rules and its lease", async () => {
    const { resources } = await declare({ webhook });
    const { replicas, selector, template } = deploymentOf(resources);
    expect([replicas, selector]).toEqual([1, { matchLabels: own }]);
    const { jobTemplate } = find(resources, "CronJob").inputs.spec as {
      jobTemplate: { spec: { template: Deployment["template"] } };
    };
    const scheduled = jobTemplate.spec.template.spec;
    const { containers, restartPolicy, ...pod } = template.spec;
    const { containers: _, restartPolicy: never, ...common } = scheduled;
    expect([pod, restartPolicy, never]).toEqual([common, "Always", "Never"]);
    const [container] = containers;
    const [ofJob] = scheduled.containers;
    expect(container).toMatchObject({
      command: ["node", "--max-old-space-size=152", "/program/main.mjs", "serve", "webhook"],
      env: ofJob.env,
      envFrom: [{ secretRef: { name: "sync-credentials" } }, { secretRef: { name: "sync-webhook" } }],
      securityContext: ofJob.securityContext,
      ports: [{ name: "http", containerPort: 8080 }],
      readinessProbe: { httpGet: { path: "/readyz", port: 8080 } },
      livenessProbe: { httpGet: { path: "/healthz", port: 8080 } },
    });
    expect(find(resources, "Deployment").dependsOn).toEqual(expect.arrayContaining(["sync-lease", "sync-state"]));
  });

  it("has an address for Keycloak and a generated secret, which is nowhere in plain text", async () => {
    const { result, resources } = await declare({ webhook });
    if (result.webhook === undefined) throw new Error("it is asked for");
    expect(await resolved(result.webhook.url)).toBe("http://sync-webhook.tools.svc/webhook");
    expect(find(resources, "Service").inputs.spec).toEqual({
      selector: own,
      ports: [{ name: "http", port: 80, targetPort: 8080 }],
    });
    const secret = named(resources, "Secret", "sync-webhook-secret");
    expect(decoded(secret?.inputs.data)).toEqual({ WEBHOOK_SECRET: "generated password" });
    expect(isSecretInput(secret?.inputs.data)).toBe(true);
    expect(JSON.stringify(find(resources, "Deployment").inputs)).not.toContain("generated password");
  });

  it("keeps the secret before good when there is a new one, and restarts for it", async () => {
    const [first, second] = [await declare({ webhook }), await declare({ webhook: { ...webhook, generation: 2 } })];
    const secrets = (resources: readonly Registered[]) =>
      resources.filter(({ type }) => type.endsWith(":RandomPassword")).map(({ name }) => name);
    expect(secrets(first.resources)).toEqual(["sync-webhook-secret-1"]);
    expect(secrets(second.resources)).toEqual(["sync-webhook-secret-2", "sync-webhook-secret-1"]);
    const data = named(second.resources, "Secret", "sync-webhook-secret")?.inputs.data;
    expect(Object.keys(decoded(data)).toSorted()).toEqual(["WEBHOOK_PREVIOUS_SECRET", "WEBHOOK_SECRET"]);
    const version = (resources: readonly Registered[]) =>
      JSON.stringify(deploymentOf(resources).template.metadata.annotations);
    expect(version(second.resources)).not.toBe(version(first.resources));
    const changed = await declare({ webhook, secrets: { KEYCLOAK_CLIENT_SECRET: "another" } });
    expect(version(changed.resources)).not.toBe(version(first.resources));
    expect(version(first.resources)).not.toContain("hidden");
  });

  it("runs nothing while the sync is suspended", async () => {
    expect(deploymentOf((await declare({ webhook, suspend: true })).resources).replicas).toBe(0);
  });

  it("is asked for its figures by Prometheus where there are alerts, or where that alone is wanted", async () => {
    const alerts = { enabled: true, staleAfter: 30, labels: { release: "prometheus" } };
    const monitorOf = async (changes: Parameters<typeof declare>[0]) =>
      named((await declare({ webhook, ...changes })).resources, "PodMonitor", "sync-webhook-pod-monitor")?.inputs;
    expect(await monitorOf({ alerts })).toEqual({
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PodMonitor",
      metadata: { name: "sync-webhook", namespace: "tools", labels: { ...labels, release: "prometheus" } },
      spec: { selector: { matchLabels: own }, podMetricsEndpoints: [{ port: "http", path: "/metrics" }] },
    });
    expect(await monitorOf({})).toBeUndefined();
    expect(await monitorOf({ alerts, metrics: { podMonitors: false } })).toBeUndefined();
    expect(await monitorOf({ metrics: { podMonitors: true } })).toBeDefined();
  });

  it("is reached by the named namespaces only, where that is limited", async () => {
    const networkPolicy = { enabled: true, apiServers: [] };
    const policyOf = async (namespaces: readonly string[]) => {
      const { resources } = await declare({ webhook: { ...webhook, namespaces }, networkPolicy });
      return named(resources, "NetworkPolicy", "sync-webhook-network-policy")?.inputs.spec;
    };
    const ports = [{ protocol: "TCP", port: 8080 }];
    const from = [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "identity" } } }];
    const spec = { podSelector: { matchLabels: own }, policyTypes: ["Ingress"] };
    expect(await policyOf(["identity"])).toEqual({ ...spec, ingress: [{ from, ports }] });
    expect(await policyOf([])).toEqual({ ...spec, ingress: [{ ports }] });
  });
});
