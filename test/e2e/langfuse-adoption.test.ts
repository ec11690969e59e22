import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { type Ground, prepareGround } from "./langfuse-ground.ts";
import { run, stepsOf, writesOf } from "./langfuse-steps.ts";

const tenant = {
  organization: { name: "Company" },
  project: { name: "Assistant", metadata: { team: "a" } },
  projects: [{ name: "Staging" }],
  members: [
    { email: "ann@example.com", role: "OWNER" },
    { email: "bob@example.com", role: "MEMBER", projectRoles: [{ project: "Staging", role: "ADMIN" }] },
  ],
  services: [{ name: "chat" }],
};

let ground: Ground;
let organization = "";
/** With a key made by hand. */
let client: LangfuseClient;

beforeAll(async () => {
  ground = await prepareGround({ name: "adoption" });
  const { admin, url } = ground;
  organization = (await admin.createOrganization({ name: "Company", metadata: { theirs: 1 } })).id;
  const { publicKey, secretKey } = await admin.createApiKey(organization, { note: "made by hand" });
  client = createLangfuseClient({ url, publicKey, secretKey });
  await client.createProject({ name: "Assistant", metadata: { theirs: 2 } });
  await client.createProject({ name: "Unrelated" });
  await client.createScimUser({ userName: "dan@example.com", role: "OWNER" });
  await client.createScimUser({ userName: "ann@example.com", role: "ADMIN" });
});

afterAll(async () => {
  await ground?.stop();
});

describe("an installation made by hand", () => {
  it("is taken over by writing what differs, and nothing changes after that", async () => {
    await ground.configure({ ...tenant, adopt: "if-exists" });
    ground.proxy.clear();
    const steps = stepsOf(await run(ground.stack.up()));
    expect(steps.every((step) => step.startsWith("create "))).toBe(true);
    expect(writesOf(ground)).toEqual([
      "POST admin/organizations/ID/apiKeys",
      "POST public/projects",
      "POST public/projects/ID/apiKeys",
      "POST public/scim/Users",
      "PUT admin/organizations/ID",
      "PUT public/projects/ID",
      "PUT public/projects/ID/memberships",
      "PUT public/scim/Users/ID",
    ]);
    expect((await ground.stack.outputs()).organizationId).toBe(organization);
    expect((await run(ground.stack.preview(["--refresh"]))).changes).toEqual({ same: 10 });
    expect((await client.listProjects()).map(({ metadata }) => metadata)).toContainEqual({
      theirs: 2,
      team: "a",
      managedBy: "langfuse-access/adoption/organization-project",
    });
    expect((await client.listMemberships()).find(({ email }) => email === "dan@example.com")?.role).toBe("OWNER");
  });

  it("is not taken over without leave, and the message says what to do", async () => {
    const projects = [...tenant.projects, { name: "Unrelated" }];
    const members = [...tenant.members, { email: "dan@example.com", role: "VIEWER" }];
    await ground.configure({ ...tenant, adopt: "never", projects, members });
    ground.proxy.clear();
    const { exitCode, output } = await ground.stack.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain(
      'has a project "Unrelated" that this stack does not manage. Set langfuse.adopt to if-exists',
    );
    expect(output).toContain("dan@example.com is a member of the organization already, as OWNER and not as VIEWER.");
    expect(writesOf(ground)).toEqual([]);
  });

  it("keeps what was never declared, also when that stands in the way of a deletion", async () => {
    const blocked = await ground.stack.destroy();
    expect(blocked.exitCode).not.toBe(0);
    expect(blocked.output).toContain('still has the projects "Unrelated", which this program does not manage');
    const [unrelated] = await client.listProjects();
    expect(unrelated?.name).toBe("Unrelated");
    await client.deleteProject(unrelated?.id ?? "");
    await run(ground.stack.destroy());
    expect((await ground.admin.listOrganizations()).map(({ id }) => id)).not.toContain(organization);
  });
});
