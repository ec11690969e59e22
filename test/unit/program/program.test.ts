import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { PROGRAM_SECRETS } from "#components/langfuse/tenant-settings.ts";
import { readGateEnvironment } from "#sync/gate/environment.ts";
import program from "../../../index.ts";
import { deploy, isSecretInput, type Registered, resolved } from "../components/deployment.ts";
import { startServers } from "./servers.ts";

/** The development configuration of the repository, pointed at `url`. */
async function configure(url: string, changes: Record<string, unknown> = {}): Promise<void> {
  const file = await readFile(new URL("../../../Pulumi.dev.yaml", import.meta.url), "utf8");
  const { config } = parseYaml(file) as { config: Record<string, Record<string, unknown>> };
  for (const key of ["keycloak", "langfuse"]) Object.assign(config[`langfuse-access:${key}`] ?? {}, { url });
  const values = Object.entries({ ...config, ...changes }).map(([key, value]) => [key, JSON.stringify(value)]);
  pulumi.runtime.setAllConfig({
    ...Object.fromEntries(values),
    "langfuse-access:keycloakAdminSecret": "hidden-1",
    "langfuse-access:langfuseAdminApiKey": "hidden-2",
    "another-project:keycloak": "{}",
  });
}

const run = (url: string, changes?: Record<string, unknown>) =>
  deploy(async () => {
    await configure(url, changes);
    return await program();
  });

const count = (resources: readonly Registered[], type: RegExp) => resources.filter((one) => type.test(one.type)).length;

describe("the program", () => {
  it("declares everything of the development stack and answers with its names", async () => {
    await using servers = await startServers();
    const { result, resources } = await run(servers.url);
    const { gateFlowAliases, gateSettings, langfuseHelmValues, ...outputs } = result;
    const entries = Object.entries(outputs).map(async ([name, output]) => [
      name,
      output && (await resolved<unknown>(output)),
    ]);
    expect(Object.fromEntries(await Promise.all(entries))).toEqual({
      roleNames: ["langfuse-admin", "langfuse-member", "langfuse-viewer"],
      gateRoleName: "langfuse-access",
      syncClientId: "langfuse-role-sync",
      organizationId: "organization-id",
      projectId: "organization-project-id",
      organizationPublicKey: "pk-lf-1",
      organizationSecretKey: "sk-lf-1",
      langfuseSecretName: "langfuse-secrets",
      langfuseSettingsName: "langfuse-settings",
      syncSecretName: "langfuse-role-sync-credentials",
      syncCronJobName: "langfuse-role-sync",
      syncProgramName: expect.stringMatching(/^langfuse-role-sync-program-[0-9a-f]{10}$/),
      namespace: "langfuse-access",
    });
    expect(await Promise.all(gateFlowAliases.map(resolved))).toEqual([
      expect.stringMatching(/^browser-langfuse-[0-9a-f]{8}$/),
    ]);

    expect(await resolved(langfuseHelmValues)).toMatchObject({
      langfuse: {
        nextauth: { url: servers.url, secret: { secretKeyRef: { name: "langfuse-secrets", key: "NEXTAUTH_SECRET" } } },
        auth: {
          disableUsernamePassword: true,
          providers: { keycloak: { clientId: "langfuse", issuer: `${servers.url}/realms/company` } },
        },
      },
    });
    expect(count(resources, /role:Role$/)).toBe(4);
    expect(count(resources, /BrowserFlowBinding$/)).toBe(1);
    expect(count(resources, /batch\/v1:CronJob$/)).toBe(1);
  });

  it("puts a proxy before Langfuse where that is wanted, with the sync's own rules", async () => {
    await using servers = await startServers();
    const internalUrl = "http://langfuse-web.langfuse.svc.cluster.local:3000";
    const file = await readFile(new URL("../../../Pulumi.dev.yaml", import.meta.url), "utf8");
    const { config } = parseYaml(file) as { config: Record<string, object> };
    const { result, resources } = await run(servers.url, {
      "langfuse-access:langfuse": { ...config["langfuse-access:langfuse"], url: servers.url, internalUrl },
      "langfuse-access:proxy": { enabled: true },
    });
    expect(result.loginProxyUrl && (await resolved(result.loginProxyUrl))).toBe(
      "http://langfuse-login-proxy.langfuse-access.svc",
    );
    const deployment = resources.find(({ type }) => type.endsWith(":Deployment"));
    expect(JSON.stringify(deployment?.inputs)).toContain(
      JSON.stringify({ name: "PROXY_UPSTREAM", value: internalUrl }),
    );
  });

  it("starts no run before its roles, rights and keys are there", async () => {
    await using servers = await startServers();
    const { resources } = await run(servers.url);
    const [cronJob] = resources.filter(({ type }) => type.endsWith(":CronJob"));
    expect(cronJob?.dependsOn).toEqual(
      expect.arrayContaining(["roles-langfuse-admin", "sync-account-view-users", "organization-sync-key"]),
    );
  });

  it("answers with the settings from which gate commands read the very gate that is declared", async () => {
    await using servers = await startServers();
    const gate = { denyMessage: 'Ask "IT".\n', generation: 7, binding: "client", acceptedBypasses: ["registration"] };
    const { result, resources } = await run(servers.url, { "langfuse-access:gate": gate });
    const environment = {
      KEYCLOAK_URL: servers.url,
      KEYCLOAK_REALM: "company",
      GATE_KEYCLOAK_SECRET: "hidden",
      GATE_SETTINGS: result.gateSettings,
    };
    const [check] = resources.filter(({ type }) => type.endsWith(":GateCheck"));
    expect(readGateEnvironment(environment).specification).toEqual(JSON.parse(String(check?.inputs.specification)));
  });

  it("lets no secret out in the clear", async () => {
    await using servers = await startServers();
    const { result, resources } = await run(servers.url);
    expect(result.organizationSecretKey && (await pulumi.isSecret(result.organizationSecretKey))).toBe(true);
    const clear = JSON.stringify(resources, (_key, value) => (isSecretInput(value) ? "a secret" : value));
    expect(clear).not.toMatch(/hidden-|sk-lf-1|generated secret|looked-up secret|generated password|generated bytes/);
  });

  it("gives every resource of a server to the provider of the configuration", async () => {
    await using servers = await startServers();
    const { resources } = await run(servers.url);
    for (const { type, provider, name } of resources) {
      const [owner = ""] = type.split(":");
      if (["keycloak", "kubernetes"].includes(owner)) expect(`${name} by ${provider}`).toBe(`${name} by ${owner}`);
    }
  });

  it("declares no Secret that a service could take the name of", async () => {
    await using servers = await startServers();
    const { resources } = await run(servers.url);
    const secrets = resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
    const names = secrets.map(({ inputs }) => (inputs.metadata as { name: string }).name);
    expect(names.toSorted()).toEqual(PROGRAM_SECRETS.toSorted());
  });

  it("with nothing to manage in Langfuse asks it for nothing, and still sets gate and server up", async () => {
    await using servers = await startServers({ "GET /api/admin/organizations": 403 });
    const { result, resources } = await run(servers.url, {
      "langfuse-access:langfuse": { url: servers.url, manage: false },
      // Nobody is declared who gets in without Keycloak, and nobody can hold roles that are made by this run.
      "langfuse-access:gate": { allowEmpty: true },
    });
    expect(servers.calls.filter((call) => call.includes("/api/"))).toEqual([]);
    expect(count(resources, /langfuse:(Organization|OrganizationApiKey|Project|ProjectApiKey|Membership)$/)).toBe(0);
    expect(count(resources, /CronJob$|ServiceAccount$/)).toBe(0);
    expect(count(resources, /BrowserFlowBinding$/)).toBe(1);
    // The engine would warn of every output that is there and undefined.
    expect(Object.values(result)).not.toContain(undefined);
    expect(result).not.toHaveProperty("organizationId");
    expect(await resolved(result.langfuseSecretName)).toBe("langfuse-secrets");
  });

  it("without the gate reads nothing of the realm but its roles and declares no flow", async () => {
    await using servers = await startServers();
    const { result, resources } = await run(servers.url, { "langfuse-access:gate": { enabled: false } });
    expect(result.gateFlowAliases).toEqual([]);
    expect(count(resources, /authentication|BrowserFlowBinding|DefaultScope/)).toBe(0);
    expect(servers.calls.toSorted()).toEqual([
      "GET /admin/realms/company/roles",
      "GET /api/admin/organizations",
      "POST /realms/company/protocol/openid-connect/token",
    ]);
  });
});

describe("the program refuses before anything is declared, in a message without stack trace,", () => {
  const refusalOf = async (refusals: Record<string, number>, changes?: Record<string, unknown>) => {
    await using servers = await startServers(refusals);
    let message = "";
    const { resources } = await deploy(async () => {
      await configure(servers.url, changes);
      await program().catch((error) => {
        expect(error).toBeInstanceOf(pulumi.RunError);
        message = error.message;
      });
    });
    expect(resources).toEqual([]);
    return message;
  };

  it("a configuration that is not usable", async () => {
    expect(await refusalOf({}, { "langfuse-access:protect": "perhaps" })).toBe(
      'The configuration of this stack is not usable:\n  - langfuse-access:protect is "perhaps": use true or false',
    );
  });

  it("a Langfuse that does not take the server key", async () => {
    expect(await refusalOf({ "GET /api/admin/organizations": 401 })).toContain(
      "langfuse-access:langfuseAdminApiKey must be the server's ADMIN_API_KEY",
    );
  });

  it("a Keycloak that does not take the admin secret", async () => {
    expect(await refusalOf({ "POST /realms/company/protocol/openid-connect/token": 401 })).toContain(
      "check keycloak.admin and the secret keycloakAdminSecret",
    );
  });
});
