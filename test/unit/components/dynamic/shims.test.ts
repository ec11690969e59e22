import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import { BrowserFlowBinding } from "#components/keycloak/login-gate/browser-flow-binding.ts";
import { ClientFlowOverride } from "#components/keycloak/login-gate/client-flow-override.ts";
import { DefaultScope } from "#components/keycloak/login-gate/default-scope.ts";
import { GateCheck } from "#components/keycloak/login-gate/gate-check.ts";
import { IdentityProviderPostFlow } from "#components/keycloak/login-gate/identity-provider-post-flow.ts";
import { ExclusiveMembers } from "#components/langfuse/exclusive-members.ts";
import { LastingSecret } from "#components/langfuse/lasting-secret.ts";
import { Membership } from "#components/langfuse/membership.ts";
import { Organization } from "#components/langfuse/organization.ts";
import { OrganizationApiKey } from "#components/langfuse/organization-api-key.ts";
import { Project } from "#components/langfuse/project.ts";
import { ProjectApiKey } from "#components/langfuse/project-api-key.ts";
import { Roster } from "#components/langfuse/roster.ts";
import { deploy, find, type Registered, revealed } from "../deployment.ts";

const key = { publicKey: "pk-lf-1", secretKey: "sk-lf-1" };
const marked = { name: "Company", managedBy: "access/dev/x" };
let resources: Registered[] = [];

beforeAll(async () => {
  ({ resources } = await deploy(() => {
    new Organization("o", marked);
    new OrganizationApiKey("k", { organizationId: "o1", note: "role sync" });
    new Project("p", { organizationId: "o1", ...marked, ...key });
    new ProjectApiKey("s", {
      ...{ organizationId: "o1", projectId: "p1", service: "chat", environment: "production", managedBy: "access/dev" },
      ...{ seed: "s".repeat(48), organizationPublicKey: key.publicKey, organizationSecretKey: key.secretKey },
    });
    new Membership("m", { organizationId: "o1", email: "ann@example.com", role: "OWNER", ...key });
    new Roster("r", { organizationId: "o1", members: {}, projects: {}, services: {}, isRetained: true });
    new BrowserFlowBinding("b", { realm: "company", flow: "gated", fallback: "browser" });
    new IdentityProviderPostFlow("i", { realm: "company", identityProvider: "partner", flow: "gated" });
    new ExclusiveMembers("e", {
      ...{ organizationId: "o1", realm: "company", declared: ["ann@example.com"], kept: [], limits: {} },
      ...key,
    });
    new LastingSecret("l", { variable: "SALT", value: pulumi.secret("a"), isTaken: false });
    new ClientFlowOverride("c", { realm: "company", client: "c1", flowId: "f1" });
    new GateCheck("g", { realm: "company", specification: "{}", flows: ["gated"] });
    new DefaultScope("s", { realm: "company", client: "c1", scopeId: "s1", scopeName: "marker" });
  }));
});

/** Text of the provider that is stored with every resource of this type. */
const providerOf = (type: string): string => String(revealed(find(resources, type).inputs.__provider));

const source: Readonly<Record<string, string>> = {
  Organization: "langfuse/organization",
  OrganizationApiKey: "langfuse/organization-api-key",
  Project: "langfuse/project",
  ProjectApiKey: "langfuse/project-api-key",
  Membership: "langfuse/membership",
  ExclusiveMembers: "langfuse/exclusive-members",
  Roster: "langfuse/roster",
  LastingSecret: "langfuse/lasting-secret",
  BrowserFlowBinding: "keycloak/login-gate/browser-flow-binding",
  IdentityProviderPostFlow: "keycloak/login-gate/identity-provider-post-flow",
  ClientFlowOverride: "keycloak/login-gate/client-flow-override",
  GateCheck: "keycloak/login-gate/gate-check",
  DefaultScope: "keycloak/login-gate/default-scope",
};

describe.each(Object.entries(source))("the stored provider of %s", (type, file) => {
  it("is short and holds nothing of this machine or this run", () => {
    const text = providerOf(type);
    expect(text.length).toBeLessThan(3000);
    expect(text).not.toContain(import.meta.dirname.split("/test/")[0]);
    expect(text).not.toMatch(/file:|\/home\/|sk-lf|require\(/);
  });

  it("captures nothing: its functions see neither variables nor `this`", () => {
    const wrappers = [...providerOf(type).matchAll(/with\((\{.*?\})\)/gs)].map(([, captured]) => captured);
    const nothing = "this: undefined, arguments: undefined";
    expect(new Set(wrappers)).toEqual(new Set([`{ provider: __provider, ${nothing} }`, `{ ${nothing} }`]));
    expect(providerOf(type).match(/^var .*$/gm)).toEqual([
      expect.stringMatching(/^var __provider = \{(\w+: __f\d+(, )?)+\};$/),
    ]);
  });

  it("calls only functions that are there", async () => {
    const calls = [...providerOf(type).matchAll(/import\("(#components\/[^"]+)"\)\)\.(\w+)\(/g)];
    expect(calls.length).toBeGreaterThanOrEqual(3);
    expect(calls).toHaveLength(providerOf(type).split("import(").length - 1);
    for (const [, specifier = "", name = ""] of calls) {
      const module = (await import(specifier)) as Record<string, unknown>;
      expect(module[name], `${specifier} ${name}`).toBeTypeOf("function");
    }
  });

  it("is less than 40 lines of source", async () => {
    const text = await readFile(new URL(`../../../../components/${file}.ts`, import.meta.url), "utf8");
    const provider = text.slice(text.indexOf("const provider"), text.indexOf("\n};"));
    expect(provider.split("\n").length).toBeLessThan(40);
  });

  it("can update whatever its comparison calls a change in place", async () => {
    const text = providerOf(type);
    // Without an update the engine would drop all stored properties. A roster calls nothing a change.
    if (type !== "Roster") expect(text).toContain(").update(");
  });
});

it("what refresh and destroy call is stored with every stack that exists, and so must go on being understood", () => {
  const stored = Object.keys(source).flatMap((type) => {
    const calls = providerOf(type).matchAll(
      /import\("#components\/([^"]+)"\)\)\.((?:configure|read|remove)\([^)]*\))/g,
    );
    return [...calls].map(([, file, call]) => `${type}: ${file} ${call}`);
  });
  expect(stored).toMatchInlineSnapshot(`
    [
      "Organization: langfuse/connection.ts configure(config)",
      "Organization: langfuse/organization-lifecycle.ts read(id, props)",
      "Organization: langfuse/organization-lifecycle.ts remove(id)",
      "OrganizationApiKey: langfuse/connection.ts configure(config)",
      "OrganizationApiKey: langfuse/organization-api-key-lifecycle.ts read(id, props)",
      "OrganizationApiKey: langfuse/organization-api-key-lifecycle.ts remove(props)",
      "Project: langfuse/connection.ts configure(config)",
      "Project: langfuse/project-lifecycle.ts read(id, props)",
      "Project: langfuse/project-lifecycle.ts remove(id, props)",
      "ProjectApiKey: langfuse/connection.ts configure(config)",
      "ProjectApiKey: langfuse/project-api-key-lifecycle.ts read(id, props)",
      "ProjectApiKey: langfuse/project-api-key-lifecycle.ts remove(props)",
      "Membership: langfuse/connection.ts configure(config)",
      "Membership: langfuse/membership-lifecycle.ts read(id, props)",
      "Membership: langfuse/membership-lifecycle.ts remove(props)",
      "ExclusiveMembers: langfuse/exclusive-members-lifecycle.ts configure(config)",
      "ExclusiveMembers: langfuse/exclusive-members-lifecycle.ts read(id, props)",
      "Roster: langfuse/connection.ts configure(config)",
      "LastingSecret: langfuse/lasting-secret-lifecycle.ts read(id, props)",
      "BrowserFlowBinding: keycloak/connection.ts configure(config)",
      "BrowserFlowBinding: keycloak/login-gate/browser-flow-binding-lifecycle.ts read(id, props)",
      "BrowserFlowBinding: keycloak/login-gate/browser-flow-binding-lifecycle.ts remove(props)",
      "IdentityProviderPostFlow: keycloak/connection.ts configure(config)",
      "IdentityProviderPostFlow: keycloak/login-gate/identity-provider-post-flow-lifecycle.ts read(id, props)",
      "IdentityProviderPostFlow: keycloak/login-gate/identity-provider-post-flow-lifecycle.ts remove(props)",
      "ClientFlowOverride: keycloak/connection.ts configure(config)",
      "ClientFlowOverride: keycloak/login-gate/client-flow-override-lifecycle.ts read(id, props)",
      "ClientFlowOverride: keycloak/login-gate/client-flow-override-lifecycle.ts remove(props)",
      "GateCheck: keycloak/connection.ts configure(config)",
      "DefaultScope: keycloak/connection.ts configure(config)",
      "DefaultScope: keycloak/login-gate/default-scope-lifecycle.ts read(id, props)",
      "DefaultScope: keycloak/login-gate/default-scope-lifecycle.ts remove(props)",
    ]
  `);
});

it("the secret of an organization is stored encrypted, wherever it travels", () => {
  for (const type of ["OrganizationApiKey", "Project", "Membership", "ExclusiveMembers"]) {
    expect(find(resources, type).secretOutputs).toEqual(["secretKey"]);
  }
});

it("the seed of a service's key and the secrets around it are stored encrypted", () => {
  expect(find(resources, "ProjectApiKey").secretOutputs).toEqual(["secretKey", "seed", "organizationSecretKey"]);
});

it("a lasting secret is stored encrypted", () => {
  expect(find(resources, "LastingSecret").secretOutputs).toEqual(["value"]);
});

it("a preview's unknown value is what the checks let through", () => {
  expect(UNKNOWN).toBe(pulumi.runtime.unknownValue);
});
