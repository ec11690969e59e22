import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import type { Outcome } from "#local/pulumi/stack.ts";
import { type Ground, prepareGround } from "./langfuse-ground.ts";
import { plaintextsIn, SECRET_KEY } from "./langfuse-secrecy.ts";
import { kindsOfReads, readsOf, run, saidBy, stepsOf, writesOf } from "./langfuse-steps.ts";
import { organizationsOf } from "./langfuse-world.ts";

const ann = { email: "ann@example.com", role: "OWNER" };
const bob = { email: "bob@example.com", role: "MEMBER", projectRoles: [{ project: "Staging", role: "ADMIN" }] };
const base: Readonly<Record<string, unknown>> = {
  organization: { name: "Company" },
  project: { name: "Assistant", retentionDays: 30, metadata: { team: "a" } },
  projects: [{ name: "Staging" }],
  members: [ann, bob],
  services: [{ name: "chat" }],
};
const size = 11;

let ground: Ground;
/** Everything the engine printed, for the search for secrets. */
let printed = "";

beforeAll(async () => {
  ground = await prepareGround({ name: "resources" });
  await ground.configure(base);
});

afterAll(async () => {
  await ground?.stop();
});

async function watched(operation: Promise<Outcome>): Promise<Outcome> {
  const outcome = await run(operation);
  printed += outcome.output;
  return outcome;
}

describe("the resources of Langfuse", () => {
  it("are shown before anything of them is known, not even the organization's key", async () => {
    const preview = await watched(ground.stack.preview());
    expect(preview.changes).toEqual({ create: size });
    expect(saidBy(preview)).toMatchSnapshot();
    // What a provider is given for a value that is not known yet; the engine itself names its own providers by it.
    expect(preview.output.replace(/\[provider=.*\]/g, "")).not.toContain(UNKNOWN);
    expect(ground.proxy.requests).toEqual([]);
  });

  it("are made, each by one request, and then stay as they are", async () => {
    const up = await watched(ground.stack.up());
    expect(stepsOf(up)).toEqual([
      "create LangfuseTenant organization",
      "create Membership organization-ann@example.com",
      "create Membership organization-bob@example.com",
      "create Organization organization",
      "create OrganizationApiKey organization-sync-key",
      "create Project organization-project",
      "create Project organization-project-Staging",
      "create ProjectApiKey organization-chat-production-key",
      "create RandomPassword organization-chat-production-seed",
      "create Roster organization-roster",
      "create Stack langfuse-access-resources",
    ]);
    expect(writesOf(ground)).toEqual([
      "POST admin/organizations",
      "POST admin/organizations/ID/apiKeys",
      "POST public/projects",
      "POST public/projects",
      "POST public/projects/ID/apiKeys",
      "POST public/scim/Users",
      "POST public/scim/Users",
      "PUT public/projects/ID/memberships",
    ]);
    expect(readsOf(ground)).toMatchSnapshot("reads of a creation");
    for (const operation of ["preview", "refresh", "up"] as const) {
      ground.proxy.clear();
      expect((await watched(ground.stack[operation]())).changes).toEqual({ same: size });
      expect(writesOf(ground)).toEqual([]);
      expect(readsOf(ground)).toMatchSnapshot(`reads of a ${operation} without a change`);
    }
  });

  it("tell each change in a preview as a person would", async () => {
    await ground.configure({
      organization: { name: "Firm" },
      project: { name: "Helper", retentionDays: 90, metadata: { team: "b" } },
      projects: [{ key: "Staging", name: "Pre-production" }],
      members: [
        { ...ann, role: "ADMIN" },
        { ...bob, role: "OWNER", projectRoles: [{ project: "Staging", role: "VIEWER" }] },
      ],
      services: [{ name: "chat", project: "Staging" }],
      organizationKey: { generation: 2 },
    });
    expect(saidBy(await watched(ground.stack.preview(["--parallel", "1"])))).toMatchSnapshot();
  });

  it("tell in a preview who and what is to go, and who is new", async () => {
    const eve = { email: "eve@example.com", role: "VIEWER" };
    await ground.configure({ ...base, projects: [], members: [ann, eve], services: [] });
    expect(saidBy(await watched(ground.stack.preview()))).toMatchSnapshot();
  });

  const key = "ProjectApiKey organization-chat-production-key";
  const changes: [string, Readonly<Record<string, unknown>>, string[], string[]][] = [
    [
      "another role of a member",
      { members: [ann, { ...bob, role: "VIEWER" }] },
      ["update Membership organization-bob@example.com"],
      ["PUT public/scim/Users/ID"],
    ],
    [
      "another role in a project",
      { members: [ann, { ...bob, role: "VIEWER", projectRoles: [{ project: "Staging", role: "NONE" }] }] },
      ["update Membership organization-bob@example.com"],
      ["PUT public/projects/ID/memberships"],
    ],
    [
      "no role in a project any more",
      { members: [ann, { email: bob.email, role: "VIEWER" }] },
      ["update Membership organization-bob@example.com"],
      ["DELETE public/projects/ID/memberships"],
    ],
    [
      "another owner",
      {
        members: [
          { ...ann, role: "MEMBER" },
          { email: bob.email, role: "OWNER" },
        ],
      },
      ["update Membership organization-ann@example.com", "update Membership organization-bob@example.com"],
      ["PUT public/scim/Users/ID", "PUT public/scim/Users/ID"],
    ],
    [
      "another person in the place of a member",
      {
        members: [
          { email: "eve@example.com", role: "VIEWER" },
          { email: bob.email, role: "OWNER" },
        ],
      },
      ["create Membership organization-eve@example.com", "delete Membership organization-ann@example.com"],
      ["DELETE public/scim/Users/ID", "POST public/scim/Users"],
    ],
    [
      "another name of the organization",
      { organization: { name: "Firm" } },
      ["update Organization organization"],
      ["PUT admin/organizations/ID"],
    ],
    [
      "another name, retention and metadata of the main project",
      { project: { name: "Helper", retentionDays: 90, metadata: { team: "b" } } },
      ["update Project organization-project"],
      ["PUT public/projects/ID"],
    ],
    [
      "another name of a further project, under its key",
      { projects: [{ key: "Staging", name: "Pre-production" }] },
      ["update Project organization-project-Staging"],
      ["PUT public/projects/ID"],
    ],
    [
      "another generation of a service's key",
      { services: [{ name: "chat", generation: 2 }] },
      [`update ${key}`],
      ["POST public/projects/ID/apiKeys"],
    ],
    [
      "another project of a service",
      { services: [{ name: "chat", generation: 2, project: "Staging" }] },
      [`update ${key}`],
      ["POST public/projects/ID/apiKeys"],
    ],
    [
      "another name of a service, under its key",
      { services: [{ key: "chat-production", name: "talk", generation: 2, project: "Staging" }] },
      [`update ${key}`],
      ["POST public/projects/ID/apiKeys"],
    ],
    [
      "another generation of the organization's key, which changes nothing that it opens",
      { organizationKey: { generation: 2 } },
      ["update OrganizationApiKey organization-sync-key"],
      ["POST admin/organizations/ID/apiKeys"],
    ],
    [
      "no service any more",
      { services: [] },
      [`delete ${key}`, "delete RandomPassword organization-chat-production-seed"],
      Array.from({ length: 4 }, () => "DELETE public/projects/ID/apiKeys/ID"),
    ],
  ];
  let wanted = base;
  it.each(changes)("change in place: %s", async (_title, change, steps, requests) => {
    wanted = { ...wanted, ...change };
    await ground.configure(wanted);
    ground.proxy.clear();
    expect(stepsOf(await watched(ground.stack.up()))).toEqual(steps);
    expect(writesOf(ground)).toEqual(requests);
    expect(readsOf(ground)).toMatchSnapshot();
  });

  it("keep every secret out of state and of what is printed", async () => {
    const places = { printed, state: await ground.stack.export() };
    const secrets = plaintextsIn(await ground.stack.export({ showSecrets: true }));
    expect(secrets.length).toBeGreaterThan(3);
    for (const [place, text] of Object.entries(places)) {
      for (const secret of [...secrets, ground.adminApiKey]) {
        expect(text.includes(secret), `${place} holds a secret`).toBe(false);
      }
      expect(text, place).not.toMatch(SECRET_KEY);
    }
    expect(JSON.stringify(await ground.stack.outputs())).not.toMatch(SECRET_KEY);
    expect(printed).not.toContain("__provider");
  });

  it("leave nothing behind when they are destroyed", async () => {
    ground.proxy.clear();
    // The service and its seed are gone already.
    expect((await run(ground.stack.destroy())).changes).toEqual({ delete: size - 2 });
    expect(writesOf(ground)).toEqual([
      "DELETE admin/organizations/ID",
      ...Array.from({ length: 2 }, () => "DELETE admin/organizations/ID/apiKeys/ID"),
      "DELETE public/projects/ID",
      "DELETE public/projects/ID",
    ]);
    expect(kindsOfReads(ground)).toMatchSnapshot("what is read for a destroy");
    expect(await organizationsOf(ground)).toEqual([]);
  });
});
