import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { LangfuseTenant } from "#components/langfuse/langfuse-tenant.ts";
import type { LangfuseTenantArgs } from "#components/langfuse/tenant-args.ts";
import { deploy, find, isSecretInput, resolved, revealed } from "../deployment.ts";

const declare = (changes: Partial<LangfuseTenantArgs> = {}) =>
  deploy(
    () =>
      new LangfuseTenant("organization", {
        organization: { name: "Company" },
        project: { name: "Assistant" },
        members: [
          { email: "ann@example.com", role: "OWNER" },
          { email: "bob@example.com", role: "NONE" },
        ],
        deletionPolicy: "delete",
        protect: false,
        ...changes,
      }),
  );

describe("an organization in Langfuse", () => {
  it("is marked by project and stack, and so is what is in it", async () => {
    const { resources } = await declare();
    expect(find(resources, "Organization").inputs).toMatchObject({
      name: "Company",
      managedBy: "langfuse-access/dev/organization",
    });
    expect(find(resources, "Project").inputs).toMatchObject({
      organizationId: "organization-id",
      name: "Assistant",
      managedBy: "langfuse-access/dev/organization-project",
      publicKey: "pk-lf-1",
    });
    expect(find(resources, "OrganizationApiKey").inputs).toMatchObject({
      organizationId: "organization-id",
      note: "role sync, managed by langfuse-access/dev",
    });
  });

  it("hands its secret on as a secret", async () => {
    const { resources } = await declare({ members: [{ email: "ann@example.com", role: "OWNER" }] });
    for (const type of ["Project", "Membership"]) {
      const { secretKey } = find(resources, type).inputs;
      expect(isSecretInput(secretKey)).toBe(true);
      expect(revealed(secretKey)).toBe("sk-lf-1");
    }
  });

  it("has a membership for each declared person, which goes with it", async () => {
    const { resources } = await declare();
    expect(find(resources, "Membership", "organization-ann@example.com")).toMatchObject({
      inputs: { organizationId: "organization-id", email: "ann@example.com", role: "OWNER" },
      deletedWith: "organization",
      protect: false,
    });
    expect(find(resources, "Membership", "organization-bob@example.com").inputs.role).toBe("NONE");
  });

  it.each(["retain", "delete"] as const)("with the policy to %s keeps its data accordingly", async (deletionPolicy) => {
    const { resources } = await declare({ deletionPolicy });
    const retained = resources.filter((one) => one.retainOnDelete).map(({ name }) => name);
    expect(retained).toEqual(deletionPolicy === "retain" ? ["organization", "organization-project"] : []);
  });

  it.each([true, false])("protects organization and project when asked: %s", async (protect) => {
    const { resources } = await declare({ protect });
    const guarded = resources.filter((one) => one.protect).map(({ name }) => name);
    expect(guarded).toEqual(protect ? ["organization", "organization-project"] : []);
  });

  it("has all its parts under it, and keeps what the engine passes on", async () => {
    const { result, resources } = await declare();
    const parts = resources.filter(({ type }) => type.startsWith("pulumi-nodejs:"));
    expect(parts).toHaveLength(6);
    expect(new Set(parts.map(({ parent }) => parent))).toEqual(new Set(["organization"]));
    expect(await resolved(result.organizationId)).toBe("organization-id");
    expect(await resolved(result.projectId)).toBe("organization-project-id");
    expect(await resolved(result.publicKey)).toBe("pk-lf-1");
    expect(await pulumi.isSecret(result.secretKey)).toBe(true);
  });

  it("has further projects, in which members have roles and services keys", async () => {
    const { result, resources } = await declare({
      projects: [{ name: "Staging", retentionDays: 30, metadata: { team: "a" } }],
      members: [{ email: "ann@example.com", role: "MEMBER", projectRoles: [{ project: "Staging", role: "ADMIN" }] }],
      services: [
        { name: "chat", environment: "production", rotateEvery: "90d" },
        { name: "chat", environment: "staging", project: "Staging" },
      ],
    });
    expect(find(resources, "Project", "organization-project-Staging").inputs).toMatchObject({
      name: "Staging",
      retentionDays: 30,
      metadata: { team: "a" },
    });
    expect(find(resources, "Membership").inputs.projectRoles).toEqual([
      { projectId: "organization-project-Staging-id", role: "ADMIN" },
    ]);
    const production = find(resources, "ProjectApiKey", "organization-chat-production-key");
    expect(production.inputs).toMatchObject({
      projectId: "organization-project-id",
      service: "chat",
      environment: "production",
      rotateEvery: "90d",
    });
    expect(find(resources, "ProjectApiKey", "organization-chat-staging-key").inputs.projectId).toBe(
      "organization-project-Staging-id",
    );
    for (const property of ["seed", "organizationSecretKey"]) {
      expect(isSecretInput(production.inputs[property])).toBe(true);
    }
    expect(production.secretOutputs).toEqual(["secretKey", "seed", "organizationSecretKey"]);
    expect(result.serviceKeys.map(({ secretName }) => secretName)).toEqual([
      "langfuse-chat-production",
      "langfuse-chat-staging",
    ]);
    for (const { secretKey } of result.serviceKeys) expect(await pulumi.isSecret(secretKey)).toBe(true);
  });

  it("knows projects and services by their key, so that a rename is a change in place", async () => {
    const { result, resources } = await declare({
      projects: [{ key: "Staging", name: "Pre-production" }],
      members: [{ email: "ann@example.com", role: "MEMBER", projectRoles: [{ project: "Staging", role: "ADMIN" }] }],
      services: [{ key: "chat-production", name: "talk", environment: "live", project: "Staging" }],
    });
    expect(find(resources, "Project", "organization-project-Staging").inputs).toMatchObject({
      name: "Pre-production",
      managedBy: "langfuse-access/dev/organization-project-Staging",
    });
    expect(find(resources, "ProjectApiKey", "organization-chat-production-key").inputs).toMatchObject({
      service: "talk",
      environment: "live",
      managedBy: "langfuse-access/dev/organization-chat-production",
    });
    expect(result.serviceKeys.map(({ secretName }) => secretName)).toEqual(["langfuse-chat-production"]);
    expect(Object.keys(result.projectIds)).toEqual(["Assistant", "Staging"]);
  });

  it("declares its owners first, so that the last one is never demoted before there is another", async () => {
    const { resources } = await declare({
      members: [
        { email: "ann@example.com", role: "MEMBER" },
        { email: "bob@example.com", role: "OWNER" },
      ],
    });
    const members = resources.filter(({ type }) => type.endsWith(":Membership"));
    expect(members.map(({ inputs }) => inputs.email)).toEqual(["bob@example.com", "ann@example.com"]);
  });

  it("of somebody else is not declared itself, and a given key is not made", async () => {
    const { result, resources } = await declare({
      organization: { id: "o-theirs" },
      credentials: { publicKey: "pk-lf-given", secretKey: "sk-lf-given" },
    });
    const kinds = new Set(resources.map(({ type }) => type.split(":").at(-1)));
    expect(kinds).toEqual(new Set(["LangfuseTenant", "Project", "Membership", "Roster"]));
    const { organizationId, publicKey, secretKey } = find(resources, "Project").inputs;
    expect([organizationId, publicKey, revealed(secretKey)]).toEqual(["o-theirs", "pk-lf-given", "sk-lf-given"]);
    expect(isSecretInput(secretKey)).toBe(true);
    // Which is what spares its members when the stack is destroyed.
    expect(find(resources, "Membership", "organization-ann@example.com").deletedWith).toBe("organization-project");
    expect(await resolved(result.organizationId)).toBe("o-theirs");
  });

  it("of somebody else gets a key of this stack when the server key is there", async () => {
    const { resources } = await declare({ organization: { id: "o-theirs" } });
    expect(find(resources, "OrganizationApiKey").inputs.organizationId).toBe("o-theirs");
    expect(resources.some(({ type }) => type.endsWith(":Organization"))).toBe(false);
  });

  it("that is exclusive removes others after all declared members are there", async () => {
    const { resources } = await declare({
      exclusive: { realm: "company", kept: ["*@robots.example.com"], limits: {} },
    });
    const { inputs, dependsOn, parent } = find(resources, "ExclusiveMembers");
    expect(inputs).toMatchObject({
      organizationId: "organization-id",
      realm: "company",
      declared: ["ann@example.com", "bob@example.com"],
      kept: ["*@robots.example.com"],
    });
    expect(isSecretInput(inputs.secretKey)).toBe(true);
    expect(dependsOn).toEqual(expect.arrayContaining(["organization-ann@example.com", "organization-bob@example.com"]));
    expect(parent).toBe("organization");
    expect((await declare()).resources.some(({ type }) => type.endsWith(":ExclusiveMembers"))).toBe(false);
  });

  it("names a project that is not declared", async () => {
    const services = [{ name: "chat", environment: "production", project: "Nowhere" }];
    await expect(declare({ services })).rejects.toThrow('There is no project "Nowhere"');
  });

  it("passes on what may be adopted", async () => {
    const { resources } = await declare({ adopt: "if-exists", members: [{ email: "ann@example.com", role: "OWNER" }] });
    for (const type of ["Organization", "Project", "Membership"]) {
      expect(find(resources, type).inputs.adopt).toBe("if-exists");
    }
  });
});
