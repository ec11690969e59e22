import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseConfiguration } from "#components/configuration.ts";
import { changedValues, completeValues } from "./settings.ts";

const parse = (values: Record<string, string>) => parseConfiguration("langfuse-access", values);

describe("a configuration", () => {
  it("of what is required alone gets every default", () => {
    expect(parse(completeValues())).toEqual({
      keycloak: {
        url: "https://keycloak.example.com",
        realm: "company",
        langfuseClient: "langfuse",
        admin: { realm: "master", clientId: "admin-cli" },
      },
      roles: [{ name: "langfuse-admin", grants: "ADMIN" }],
      gate: {
        enabled: true,
        role: "langfuse-access",
        adoptRole: false,
        binding: "realm",
        acceptedBypasses: [],
        forceLoginAfterReset: false,
        allowEmpty: false,
        scope: "langfuse-gate",
        flow: "browser-langfuse",
        flowToCopy: "browser",
        generation: 1,
        denyMessage: "You do not have access to Langfuse. Ask for a Langfuse role.",
        others: [],
      },
      langfuse: {
        url: "https://langfuse.example.com",
        manage: true,
        organization: { name: "Company" },
        project: { name: "Assistant" },
        projects: [],
        members: [],
        services: [],
        organizationKey: {},
        adopt: "never",
        authority: "additive",
        deletionPolicy: "retain",
        server: {
          sessions: { generation: 1 },
          signIn: { provider: "keycloak", signUp: true, enforcedDomains: [] },
          organizationCreators: [],
        },
      },
      kubernetes: { namespace: "langfuse-access", createNamespace: true },
      proxy: {
        enabled: false,
        replicas: 2,
        budget: 2_000,
        mode: "pass",
        timeout: 120_000,
        memory: 192,
        namespaces: [],
      },
      sync: {
        clientId: "langfuse-role-sync",
        schedule: "*/5 * * * *",
        image: "docker.io/library/node:24-alpine",
        imagePullPolicy: "IfNotPresent",
        memory: 128,
        suspend: false,
        doctor: false,
        metrics: {},
        alerts: { enabled: false, staleAfter: 30 },
        dashboard: { enabled: false, labels: { grafana_dashboard: "1" } },
        webhook: { enabled: false, memory: 192, generation: 1, namespaces: [] },
        networkPolicy: { enabled: false, apiServers: [] },
        shards: 1,
        clientRoles: false,
        defaultRole: "NONE",
        organizations: [],
      },
      protect: false,
      secrets: { keycloakAdminSecret: "hidden-keycloak-secret", langfuseAdminApiKey: "hidden-langfuse-secret" },
      warnings: [],
    });
  });

  it.each([
    ["keycloak.url", "http://keycloak:8080/auth"],
    ["keycloak.internalUrl", "http://keycloak.identity.svc:8080"],
    ["keycloak.realm", "Company of Ours"],
    ["keycloak.langfuseClient", "https://langfuse.example.com"],
    ["keycloak.admin.realm", "company"],
    ["keycloak.admin.clientId", "program"],
    ["keycloak.admin.username", "admin"],
    ["roles", [{ name: "Größe", grants: "OWNER", description: "Owns" }]],
    ["gate.enabled", false],
    ["gate.role", "may-enter"],
    ["gate.scope", "marker"],
    ["gate.flow", "browser-2"],
    ["gate.flowToCopy", "my browser"],
    ["gate.denyMessage", "Nein."],
    ["langfuse.url", "http://localhost:3000"],
    ["langfuse.internalUrl", "http://langfuse-web.langfuse.svc:3000"],
    ["langfuse.organization", { name: "abc" }],
    ["langfuse.project", { name: "x".repeat(60) }],
    ["langfuse.members", [{ email: "a@example.com", role: "OWNER" }]],
    ["langfuse.deletionPolicy", "delete"],
    ["kubernetes.kubeconfig", "/etc/kubeconfig"],
    ["kubernetes.context", "production"],
    ["kubernetes.namespace", "tools"],
    ["kubernetes.createNamespace", false],
    ["sync.clientId", "Sync.2"],
    ["sync.schedule", "@hourly"],
    ["sync.image", "registry.example.com/node:24"],
    ["sync.imagePullPolicy", "Never"],
    ["sync.defaultRole", "VIEWER"],
    ["sync.memory", 512],
    ["sync.suspend", true],
    ["sync.doctor", true],
    ["sync.stateVolumeClaim", "langfuse-sync"],
    ["sync.clientRoles", true],
    ["sync.rules", [{ from: { group: "/research", includeSubgroups: false }, projects: { Assistant: "ADMIN" } }]],
    ["sync.preset", "existing-roles"],
    ["sync.protect", ["*@partner.example.com"]],
    ["sync.ignore", ["robot-?@example.com"]],
    ["sync.unmatched", "remove"],
    ["sync.graceDays", 0.5],
    ["sync.provision", true],
    ["sync.guards", { removals: { fraction: 0.1 }, minimumOwners: 2, unverified: "skip" }],
    [
      "sync.organizations",
      [{ id: "o2", name: "Research", bootstrap: false, defaultRole: "VIEWER", preset: "existing-roles" }],
    ],
    [
      "proxy",
      {
        enabled: false,
        replicas: 3,
        budget: 500,
        mode: "refuse",
        timeout: 60_000,
        memory: 256,
        namespaces: ["ingress"],
      },
    ],
    ["protect", true],
  ])("takes %s", (path, value) => {
    const parsed: unknown = parse(changedValues(path, value));
    const found = path.split(".").reduce((at, key) => (at as Record<string, unknown>)[key], parsed);
    expect(found).toEqual(value);
  });

  it("has its addresses without closing slashes and its e-mail addresses in lower case", () => {
    expect(parse(changedValues("keycloak.url", "https://keycloak.example.com/auth//")).keycloak.url).toBe(
      "https://keycloak.example.com/auth",
    );
    const { members } = parse(
      changedValues("langfuse.members", [{ email: "Ann@Example.COM", role: "OWNER" }]),
    ).langfuse;
    expect(members).toEqual([{ email: "ann@example.com", role: "OWNER" }]);
  });

  it.each(["dev", "prod"])("of Pulumi.%s.yaml is complete but for the secrets", async (stack) => {
    const text = await readFile(new URL(`../../../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
    const { config } = parseYaml(text) as { config: Record<string, unknown> };
    const values = Object.entries(config).map(([key, value]) => [
      key.replace("langfuse-access:", ""),
      JSON.stringify(value),
    ]);
    const parsed = parse({ ...Object.fromEntries(values), keycloakAdminSecret: "a", langfuseAdminApiKey: "b" });
    expect(parsed.protect).toBe(stack === "prod");
    expect(parsed.langfuse.deletionPolicy).toBe(stack === "prod" ? "retain" : "delete");
  });
});
