import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import type { Outcome } from "#local/pulumi/stack.ts";
import { type Ground, prepareGround } from "./langfuse-ground.ts";
import { expectNoSecrets, SECRET_KEY } from "./langfuse-secrecy.ts";
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

  it("keep every secret out of state and of what is printed", async () => {
    await expectNoSecrets(ground, printed);
    expect(JSON.stringify(await ground.stack.outputs())).not.toMatch(SECRET_KEY);
    expect(printed).not.toContain("__provider");
  });

  it("leave nothing behind when they are destroyed", async () => {
    ground.proxy.clear();
    expect((await run(ground.stack.destroy())).changes).toEqual({ delete: size });
    expect(writesOf(ground)).toEqual([
      "DELETE admin/organizations/ID",
      "DELETE admin/organizations/ID/apiKeys/ID",
      "DELETE public/projects/ID",
      "DELETE public/projects/ID",
      "DELETE public/projects/ID/apiKeys/ID",
    ]);
    expect(kindsOfReads(ground)).toMatchSnapshot("what is read for a destroy");
    expect(await organizationsOf(ground)).toEqual([]);
  });
});
