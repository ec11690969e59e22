import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLangfuseClient, type LangfuseClient } from "#sync/langfuse/client.ts";
import { type Ground, prepareGround } from "./langfuse-ground.ts";
import { announcedBy, kindsOfReads, readsOf, run, stepsOf, writesOf } from "./langfuse-steps.ts";

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
  it("is shown in a preview as what will be taken over, with what is in it", async () => {
    await ground.configure({ ...tenant, adopt: "if-exists" });
    ground.proxy.clear();
    expect(announcedBy(await run(ground.stack.preview()))).toEqual([
      "organization Company: there already, with Assistant, Unrelated → taken over, and what is declared of its projects and members with it",
    ]);
    expect(ground.proxy.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /api/admin/organizations",
    ]);
  });

  it("is taken over by writing what differs, and nothing changes after that", async () => {
    ground.proxy.clear();
    const up = await run(ground.stack.up());
    const steps = stepsOf(up);
    expect(announcedBy(up)).toEqual([
      "ann@example.com: ADMIN → OWNER in Company, taken over",
      "bob@example.com: not a member → MEMBER in Company",
      "organization Company: there already, with Assistant, Unrelated → taken over, and what is declared of its projects and members with it",
      'project Assistant: there already → taken over, team: not set → "a"',
      "project Staging: not there → made",
    ]);
    const lists = readsOf(ground).filter((line) => / (admin|public)\/organizations(\/memberships)?$/.test(line));
    expect(lists, "what is foretold is read once, and once more when it is made or proven").toHaveLength(4);
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
    expect(kindsOfReads(ground)).toMatchSnapshot("what is read for an adoption");
    expect((await ground.stack.outputs()).organizationId).toBe(organization);
    expect((await run(ground.stack.preview(["--refresh"]))).changes).toEqual({ same: 11 });
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
    // Otherwise one refusal would keep the engine from asking for the other.
    const { exitCode, output } = await ground.stack.up(["--continue-on-error"]);
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

describe("another organization of somebody else", () => {
  it("has everything replaced that was made in the former one, in which it ends after that", async () => {
    const there = { project: { name: "Assistant" }, services: [{ name: "chat" }] };
    const members = [{ email: "bob@example.com", role: "MEMBER" }];
    const [former = "", next = ""] = [await organizationWithOwner("Former"), await organizationWithOwner("Next")];
    await ground.configure({ ...there, members, organization: { id: former } });
    await run(ground.stack.up());
    await ground.configure({ ...there, members, organization: { id: next } });
    ground.proxy.clear();
    const moved = await run(ground.stack.up());
    const kinds = [
      "Membership organization-bob@example.com",
      "OrganizationApiKey organization-sync-key",
      "Project organization-project",
      "ProjectApiKey organization-chat-production-key",
    ];
    const steps = ["create-replacement", "delete-replaced", "replace"];
    expect(stepsOf(moved)).toEqual(steps.flatMap((step) => kinds.map((kind) => `${step} ${kind}`)));
    // Nobody leaves the former one, as when the stack is destroyed.
    expect(writesOf(ground)).toEqual([
      "DELETE admin/organizations/ID/apiKeys/ID",
      "DELETE public/projects/ID",
      "DELETE public/projects/ID/apiKeys/ID",
      "POST admin/organizations/ID/apiKeys",
      "POST public/projects",
      "POST public/projects/ID/apiKeys",
      "POST public/scim/Users",
    ]);
    expect(kindsOfReads(ground)).toMatchSnapshot("what is read for a replacement");
    await run(ground.stack.destroy());
    for (const id of [former, next]) {
      expect((await ground.admin.getOrganization(id)).projects).toEqual([]);
      // The server deletes projects on its own time, and lists them no more before it is done.
      const deletion = () => ground.admin.deleteOrganization(id).then(() => "done", String);
      await expect.poll(deletion, { interval: 500 }).toBe("done");
    }
  });
});

/** Made by hand, with an owner of its own. */
async function organizationWithOwner(name: string): Promise<string> {
  const { admin, url } = ground;
  const { id } = await admin.createOrganization({ name });
  const { publicKey, secretKey } = await admin.createApiKey(id, { note: "made by hand" });
  await createLangfuseClient({ url, publicKey, secretKey }).createScimUser({
    userName: "dan@example.com",
    role: "OWNER",
  });
  return id;
}
