import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "#local/pulumi/stack.ts";
import { type Ground, prepareGround } from "./langfuse-ground.ts";

const tenant = {
  organization: { name: "Company" },
  project: { name: "Assistant", retentionDays: 30, metadata: { team: "a" } },
  projects: [{ name: "Staging" }],
  members: [
    { email: "ann@example.com", role: "OWNER" },
    { email: "bob@example.com", role: "MEMBER", projectRoles: [{ project: "Staging", role: "ADMIN" }] },
  ],
  services: [{ name: "chat" }],
};
const bob = { email: "bob@example.com", role: "MEMBER", projectRoles: [{ project: "Staging", role: "VIEWER" }] };

let ground: Ground;
/** Everything the engine printed, for the search for secrets. */
let printed = "";

beforeAll(async () => {
  ground = await prepareGround();
  await ground.configure(tenant);
  expect((await run(ground.stack.up())).changes).toEqual({ create: 10 });
});

afterAll(async () => {
  await ground?.stop();
});

async function run(operation: Promise<Outcome>): Promise<Outcome> {
  const outcome = await operation;
  printed += outcome.output;
  expect(outcome.exitCode, outcome.output).toBe(0);
  return outcome;
}

/** What a preview says of the resources that change, without what differs from run to run. */
async function previewed(): Promise<string> {
  const { output } = await run(ground.stack.preview());
  const changes = output.slice(output.indexOf("pulumi:pulumi:Stack"));
  return changes
    .replace(/^Resources:\n( .*\n)*/m, "")
    .replace(/\n+/g, "\n")
    .split("\n")
    .slice(1)
    .filter((line) => !/^\s*\[urn=/.test(line))
    .join("\n")
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, "TIME")
    .replace(/\bc[a-z0-9]{24}\b/g, "ID")
    .replace(/pk-lf-[0-9a-f-]{36}/g, "pk-lf-PAIR")
    .trimEnd();
}

const list = async () =>
  Object.fromEntries((await (await ground.client()).listMemberships()).map((m) => [m.email, m.role]));
const projectIdOf = async (name: string) => {
  const { projectIds } = await ground.stack.outputs();
  return (projectIds as Record<string, string>)[name] ?? "";
};

describe("the resources of Langfuse", () => {
  it("change nothing when nothing changed", async () => {
    expect((await run(ground.stack.preview())).changes).toEqual({ same: 10 });
    expect((await run(ground.stack.refresh())).changes).toEqual({ same: 10 });
    expect((await run(ground.stack.up())).changes).toEqual({ same: 10 });
  });

  it("tell a change as a person would", async () => {
    await ground.configure({
      ...tenant,
      project: { name: "Helper", retentionDays: 90, metadata: { team: "b" } },
      members: [{ email: "ann@example.com", role: "OWNER" }, bob],
    });
    expect(await previewed()).toMatchSnapshot();
    expect((await run(ground.stack.up())).changes).toMatchObject({ update: 2 });
    await ground.configure(tenant);
    expect((await run(ground.stack.up())).changes).toMatchObject({ update: 2 });
  });

  it("rotate the key of a service while both pairs work", async () => {
    const before = await ground.stack.outputs({ showSecrets: true });
    await ground.configure({ ...tenant, services: [{ name: "chat", generation: 2 }] });
    expect(await previewed()).toMatchSnapshot();
    await run(ground.stack.up());
    const after = await ground.stack.outputs({ showSecrets: true });
    expect(after.serviceSecretKey).not.toBe(before.serviceSecretKey);
    for (const secret of [before.serviceSecretKey, after.serviceSecretKey]) {
      expect(await projectOf(String(secret))).toBe(await projectIdOf("Assistant"));
    }
  });

  it("rotate the key of the organization without a write to any member", async () => {
    const services = [{ name: "chat", generation: 2 }];
    await ground.configure({ ...tenant, services, organizationKey: { generation: 2 } });
    ground.proxy.clear();
    await run(ground.stack.up());
    const writes = ground.proxy.requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path}`);
    expect(writes).toEqual([expect.stringMatching(/^POST \/api\/admin\/organizations\/\w+\/apiKeys$/)]);
    expect((await run(ground.stack.preview())).changes).toEqual({ same: 10 });
  });

  it("are repaired after every kind of damage by hand", async () => {
    const client = await ground.client();
    const project = await projectIdOf("Staging");
    const members = await client.listMemberships();
    const idOf = (email: string) => members.find((member) => member.email === email)?.userId ?? "";
    await client.putProjectMembership(project, idOf("bob@example.com"), "NONE");
    await client.updateScimUser(idOf("bob@example.com"), "VIEWER");
    await client.updateProject(project, { name: "Renamed", metadata: { theirs: 1 } });
    for (const key of await client.listProjectApiKeys(await projectIdOf("Assistant"))) {
      await client.deleteProjectApiKey(await projectIdOf("Assistant"), key.id);
    }
    await run(ground.stack.refresh());
    await run(ground.stack.up());
    expect(await list()).toEqual({ "ann@example.com": "OWNER", "bob@example.com": "MEMBER" });
    expect((await client.listProjectMemberships(project)).map(({ role }) => role)).toEqual(["ADMIN"]);
    expect((await client.listProjects()).find(({ id }) => id === project)).toMatchObject({
      name: "Staging",
      metadata: { theirs: 1, managedBy: "langfuse-access/resources/organization-project-Staging" },
    });
    const { serviceSecretKey } = await ground.stack.outputs({ showSecrets: true });
    expect(await projectOf(String(serviceSecretKey))).toBe(await projectIdOf("Assistant"));
    expect((await run(ground.stack.preview(["--refresh"]))).changes).toEqual({ same: 10 });
  });

  it("keep every secret out of plain state and of what is printed", async () => {
    const { secretKey, serviceSecretKey } = await ground.stack.outputs({ showSecrets: true });
    const state = await ground.stack.export();
    for (const secret of [secretKey, serviceSecretKey].map(String)) {
      expect(secret).toMatch(/^sk-lf-/);
      expect(state).not.toContain(secret);
      expect(printed).not.toContain(secret);
    }
    expect(JSON.stringify(await ground.stack.outputs())).not.toMatch(/sk-lf-/);
    expect(printed).not.toMatch(/sk-lf-|__provider/);
  });

  it("leave nothing behind when they are destroyed", async () => {
    await run(ground.stack.destroy());
    expect((await ground.admin.listOrganizations()).map(({ name }) => name)).not.toContain("Company");
  });
});

/** The project that a key belongs to, asked from the server with the key itself. */
async function projectOf(secretKey: string): Promise<string | undefined> {
  const authorization = `Basic ${Buffer.from(`pk-lf-any:${secretKey}`).toString("base64")}`;
  const answer = await fetch(`${ground.url}/api/public/projects`, {
    headers: { authorization },
    signal: AbortSignal.timeout(10_000),
  });
  return ((await answer.json()) as { data?: { id: string }[] }).data?.[0]?.id;
}
