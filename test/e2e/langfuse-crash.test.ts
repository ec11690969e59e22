import { afterAll, beforeAll, expect, it } from "vitest";
import { type Ground, prepareGround } from "./langfuse-ground.ts";

const tenant = {
  organization: { name: "Company" },
  project: { name: "Assistant" },
  members: [{ email: "ann@example.com", role: "OWNER" }],
  services: [{ name: "chat" }],
};

let ground: Ground;

beforeAll(async () => {
  ground = await prepareGround();
  await ground.configure(tenant);
});

afterAll(async () => {
  await ground?.stop();
});

it.each([0, 1, 2, 3, 4])(
  "when the answer to creation number %d is lost, the next up converges and leaves nothing over",
  async (position) => {
    ground.proxy.clear();
    ground.proxy.inject({
      fault: { kind: "cut", when: "after" },
      matches: ({ method }) => method === "POST",
      position,
    });
    await ground.stack.up();
    ground.proxy.clear();
    const up = await ground.stack.up();
    expect(up.exitCode, up.output).toBe(0);
    const client = await ground.client();
    const organizations = (await ground.admin.listOrganizations()).filter(({ name }) => name === "Company");
    expect(organizations).toHaveLength(1);
    expect(await ground.admin.listApiKeys(organizations[0]?.id ?? "")).toHaveLength(1);
    const projects = await client.listProjects();
    expect(projects.map(({ name }) => name)).toEqual(["Assistant"]);
    expect(await client.listProjectApiKeys(projects[0]?.id ?? "")).toHaveLength(1);
    expect((await client.listMemberships()).map(({ email, role }) => [email, role])).toEqual([
      ["ann@example.com", "OWNER"],
    ]);
    const destroy = await ground.stack.destroy();
    expect(destroy.exitCode, destroy.output).toBe(0);
  },
);
