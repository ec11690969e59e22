import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import type { Outcome } from "#local/pulumi/stack.ts";
import { run } from "#sync/commands/run.ts";
import type { CreatedApiKey } from "#sync/langfuse/answers.ts";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { type Ground, prepareGround } from "./langfuse-ground.ts";
import { announcedBy, readsOf } from "./langfuse-steps.ts";

let ground: Ground;
let organizationId: string;
let key: CreatedApiKey;
/** Works past the proxy, so that its requests are not among those that are counted. */
let byHand: LangfuseClient;
let dumped: string;

beforeAll(async () => {
  ground = await prepareGround({ name: "dump" });
  organizationId = (await ground.admin.createOrganization({ name: "Made by hand" })).id;
  key = await ground.admin.createApiKey(organizationId, { note: "made in the web page" });
  byHand = createLangfuseClient({ url: ground.url, publicKey: key.publicKey, secretKey: key.secretKey });
  const staging = await byHand.createProject({ name: 'Staging: "blue"', retention: 30, metadata: { team: "a" } });
  await byHand.createProject({ name: "Assistant" });
  for (const [userName, role] of [
    ["ann@example.com", "OWNER"],
    ["bob@example.com", "MEMBER"],
    ["cora@example.com", "NONE"],
  ] as const) {
    const { id } = await byHand.createScimUser({ userName, role });
    if (role !== "OWNER") await byHand.putProjectMembership(staging.id, id, role === "NONE" ? "VIEWER" : "ADMIN");
  }
});

afterAll(async () => {
  await ground?.stop();
});

async function dump(words: readonly string[] = []): Promise<{ exitCode: number; text: string }> {
  const lines: string[] = [];
  const environment = {
    LANGFUSE_URL: ground.proxy.url,
    LANGFUSE_ORG_ID: organizationId,
    LANGFUSE_PUBLIC_KEY: key.publicKey,
    LANGFUSE_SECRET_KEY: key.secretKey,
  };
  const print = (text: string) => lines.push(text);
  const exitCode = await run(["dump", ...words], { environment, print, stop: new AbortController().signal }, print);
  return { exitCode, text: lines.join("\n") };
}

/** All that matters of the organization. */
async function everything(): Promise<unknown> {
  // Langfuse lists in no certain order.
  const byName = (left: { name: string }, right: { name: string }) => left.name.localeCompare(right.name);
  const projects = (await byHand.listProjects()).toSorted(byName);
  const rows = await Promise.all(projects.map(({ id }) => byHand.listProjectMemberships(id)));
  const organization = await ground.admin.getOrganization(organizationId);
  return {
    members: (await byHand.listMemberships()).map(({ email, role }) => `${email} ${role}`).toSorted(),
    projects: projects.map(({ id, name, metadata }) => ({ id, name, metadata })),
    rows: rows.map((ofProject) => ofProject.map(({ email, role }) => `${email} ${role}`).toSorted()),
    keys: (await byHand.listApiKeys()).map(({ note }) => note),
    organization: { ...organization, projects: organization.projects.toSorted(byName) },
  };
}

const done = async (operation: Promise<Outcome>) => {
  const outcome = await operation;
  expect(outcome.exitCode, outcome.output).toBe(0);
  return outcome;
};

describe("the dump of an organization that was made by hand", () => {
  it("reads, and writes what a stack needs to know and no key", async () => {
    ground.proxy.clear();
    const { exitCode, text } = await dump();
    expect(exitCode, text).toBe(0);
    expect(new Set(ground.proxy.requests.map(({ method }) => method))).toEqual(new Set(["GET"]));
    expect(text).not.toContain(key.secretKey);
    expect(text).not.toContain(key.publicKey);
    dumped = text;
    expect(parseYaml(text)).toEqual({
      config: {
        "langfuse-access:langfuse": {
          url: ground.proxy.url,
          organization: { id: organizationId },
          adopt: "if-exists",
          project: { name: "Assistant" },
          projects: [{ name: 'Staging: "blue"' }],
          members: [
            { email: "ann@example.com", role: "OWNER" },
            { email: "bob@example.com", role: "MEMBER", projectRoles: [{ project: 'Staging: "blue"', role: "ADMIN" }] },
            { email: "cora@example.com", role: "NONE", projectRoles: [{ project: 'Staging: "blue"', role: "VIEWER" }] },
          ],
        },
      },
    });
    expect(JSON.parse((await dump(["--json", "--main", 'Staging: "blue"'])).text).settings.project.name).toBe(
      'Staging: "blue"',
    );
  });

  it("is configuration whose first up writes nothing but its mark into each project, with a pair made by hand", async () => {
    const before = (await everything()) as { projects: { metadata?: object }[] };
    const { config } = parseYaml(dumped) as { config: Record<string, Record<string, unknown>> };
    await ground.configure(config["langfuse-access:langfuse"] ?? {});
    await ground.stack.setSecret("langfuseOrganizationPublicKey", key.publicKey);
    await ground.stack.setSecret("langfuseOrganizationSecretKey", key.secretKey);
    ground.proxy.clear();
    expect(announcedBy(await done(ground.stack.preview())).map((line) => line.replace(organizationId, "ID"))).toEqual([
      "ann@example.com: OWNER in ID already → taken over",
      "bob@example.com: MEMBER in ID already → taken over",
      "cora@example.com: NONE in ID already → taken over",
      "project Assistant: there already → taken over",
      'project Staging: "blue": there already → taken over',
    ]);
    expect(readsOf(ground)).toEqual([
      "GET public/organizations/memberships",
      "GET public/organizations/projects",
      "GET public/projects/entitlement-probe/memberships",
    ]);
    ground.proxy.clear();
    await done(ground.stack.up());
    const writes = ground.proxy.requests.filter(({ method }) => method !== "GET");
    expect(writes.map(({ method, path }) => `${method} ${path.replace(/\/[^/]+$/, "/ID")}`)).toEqual([
      "PUT /api/public/projects/ID",
      "PUT /api/public/projects/ID",
    ]);
    expect(ground.proxy.requests.filter(({ path }) => path.startsWith("/api/admin"))).toEqual([]);
    const after = await everything();
    const marked = before.projects.map((project) => ({
      ...project,
      metadata: {
        ...project.metadata,
        managedBy: expect.stringMatching(/^langfuse-access\/[a-z]+\/organization-project/),
      },
    }));
    expect(after).toEqual({ ...before, projects: marked });
    expect(Object.keys((await done(ground.stack.preview(["--refresh"]))).changes)).toEqual(["same"]);
  });

  it("keeps the retention that nobody declared", async () => {
    const [staging] = (await byHand.listProjects()).filter(({ name }) => name.startsWith("Staging"));
    const pair = await byHand.createProjectApiKey(staging?.id ?? "");
    const authorization = `Basic ${Buffer.from(`${pair.publicKey}:${pair.secretKey}`).toString("base64")}`;
    const answer = await fetch(`${ground.url}/api/public/projects`, {
      headers: { authorization },
      signal: AbortSignal.timeout(60_000),
    });
    expect(await answer.json()).toMatchObject({ data: [{ retentionDays: 30 }] });
    await byHand.deleteProjectApiKey(staging?.id ?? "", pair.id);
  });

  it("lets the pair be replaced by another one without a change of anything", async () => {
    const next = await ground.admin.createApiKey(organizationId, { note: "made in the web page later" });
    await ground.admin.deleteApiKey(organizationId, key.id);
    await ground.stack.setSecret("langfuseOrganizationPublicKey", next.publicKey);
    await ground.stack.setSecret("langfuseOrganizationSecretKey", next.secretKey);
    ground.proxy.clear();
    await done(ground.stack.up());
    expect(ground.proxy.requests.filter(({ method }) => method !== "GET")).toEqual([]);
    await done(ground.stack.refresh());
    const state = await ground.stack.export();
    for (const secret of [key.secretKey, next.secretKey]) expect(state).not.toContain(secret);
    byHand = createLangfuseClient({ url: ground.url, publicKey: next.publicKey, secretKey: next.secretKey });
  });

  it("removes a person whose line is taken out, and nobody else when the stack is destroyed", async () => {
    const emails = async () => (await byHand.listMemberships()).map(({ email }) => email).toSorted();
    const { publicKey, secretKey } = await ground.stack.outputs({ showSecrets: true });
    const { config } = parseYaml(dumped) as { config: Record<string, { members: { email: string }[] }> };
    const settings = config["langfuse-access:langfuse"] ?? { members: [] };
    await ground.configure({ ...settings, members: settings.members.filter(({ email }) => !email.startsWith("bob@")) });
    await ground.stack.setSecret("langfuseOrganizationPublicKey", String(publicKey));
    await ground.stack.setSecret("langfuseOrganizationSecretKey", String(secretKey));
    await done(ground.stack.up());
    expect(await emails()).toEqual(["ann@example.com", "cora@example.com"]);
    await done(ground.stack.destroy());
    expect(await emails()).toEqual(["ann@example.com", "cora@example.com"]);
    expect((await ground.admin.getOrganization(organizationId)).name).toBe("Made by hand");
  });
});
