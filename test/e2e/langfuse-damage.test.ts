import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Outcome } from "#local/pulumi/stack.ts";
import type { LangfuseClient } from "#sync/langfuse/client.ts";
import { withoutCheckpoints } from "./checkpoints.ts";
import { type MadeOrganization, Organizations, type Part } from "./langfuse-organizations.ts";
import { announcedBy, run } from "./langfuse-steps.ts";
import type { World } from "./langfuse-world.ts";

const tenant = {
  project: { name: "Assistant", retentionDays: 30, metadata: { team: "a" } },
  projects: [{ name: "Staging" }],
  members: [
    { email: "ann@example.com", role: "OWNER" },
    {
      email: "bob@example.com",
      role: "MEMBER",
      projectRoles: [
        { project: "Staging", role: "ADMIN" },
        { project: "Assistant", role: "VIEWER" },
      ],
    },
    { email: "cid@example.com", role: "VIEWER" },
  ],
  services: [{ name: "chat" }],
};
const whole: World = {
  keys: 1,
  members: { "ann@example.com": "OWNER", "bob@example.com": "MEMBER", "cid@example.com": "VIEWER" },
  projects: {
    Assistant: { keys: 1, roles: { "bob@example.com": "VIEWER" } },
    Staging: { keys: 0, roles: { "bob@example.com": "ADMIN" } },
  },
};

/** What somebody does in the web page to one organization, and what becomes of that. */
interface Damage {
  readonly title: string;
  readonly damage: (made: MadeOrganization & { readonly project: (name: string) => string }) => Promise<void>;
  /** How many resources a refresh finds changed, and gone. */
  readonly seen: { readonly update?: number; readonly delete?: number };
  readonly steps: readonly string[];
  readonly writes: readonly string[];
  /** What stays of it, where something does. */
  readonly after?: World;
}

/** By the name of the organization. */
const damages: Readonly<Record<string, Damage>> = {
  altered: {
    title: "other names, roles, metadata, keys and members, while what is not declared stays",
    damage: async ({ id, client, project }) => {
      const { metadata } = await admin().getOrganization(id);
      await admin().updateOrganization(id, { name: "Renamed", metadata: metadata as Record<string, unknown> });
      await client.updateProject(project("Assistant"), {
        name: "Renamed",
        retention: 60,
        metadata: { team: "z", theirs: 1 },
      });
      const bob = await userId(client, "bob@example.com");
      await client.updateScimUser(bob, "VIEWER");
      await client.putProjectMembership(project("Staging"), bob, "NONE");
      await client.deleteProjectMembership(project("Assistant"), bob);
      await client.deleteScimUser(await userId(client, "cid@example.com"));
      const [key] = await client.listProjectApiKeys(project("Assistant"));
      await client.deleteProjectApiKey(project("Assistant"), key?.id ?? "");
      await client.createScimUser({ userName: "eve@example.com", role: "ADMIN" });
      await client.createProjectApiKey(project("Staging"), { note: "theirs" });
    },
    seen: { update: 4, delete: 1 },
    steps: [
      "create Membership organization-cid@example.com",
      "update Membership organization-bob@example.com",
      "update Organization organization",
      "update Project organization-project",
      "update ProjectApiKey organization-chat-production-key",
    ],
    writes: [
      "POST public/projects/ID/apiKeys",
      "POST public/scim/Users",
      "PUT admin/organizations/ID",
      "PUT public/projects/ID",
      "PUT public/projects/ID/memberships",
      "PUT public/projects/ID/memberships",
      "PUT public/scim/Users/ID",
    ],
    // What is not declared.
    after: {
      ...whole,
      members: { ...whole.members, "eve@example.com": "ADMIN" },
      projects: { ...whole.projects, Staging: { keys: 1, roles: { "bob@example.com": "ADMIN" } } },
    },
  },
  unmarked: {
    title: "a marker that is gone, and a project with everything in it",
    damage: async ({ id, client, project }) => {
      const { name } = await admin().getOrganization(id);
      await admin().updateOrganization(id, { name, metadata: { theirs: 1 } });
      await client.deleteProject(project("Staging"));
    },
    seen: { update: 2, delete: 1 },
    steps: [
      "create Project organization-project-Staging",
      "update Membership organization-bob@example.com",
      "update Organization organization",
    ],
    writes: ["POST public/projects", "PUT admin/organizations/ID", "PUT public/projects/ID/memberships"],
  },
  keyless: {
    title: "the key of the organization, without which nothing else can be read",
    damage: async ({ id }) => {
      for (const key of await admin().listApiKeys(id)) await admin().deleteApiKey(id, key.id);
    },
    seen: { update: 1 },
    steps: ["update OrganizationApiKey organization-sync-key"],
    writes: ["POST admin/organizations/ID/apiKeys"],
  },
  lost: {
    title: "the whole organization",
    damage: async ({ id, client }) => {
      for (const project of await client.listProjects()) await client.deleteProject(project.id);
      // Langfuse refuses it as long as the data of the projects is being deleted.
      await vi.waitFor(() => admin().deleteOrganization(id), { timeout: 120_000, interval: 500 });
    },
    seen: { delete: 8 },
    steps: [
      "create Membership organization-ann@example.com",
      "create Membership organization-bob@example.com",
      "create Membership organization-cid@example.com",
      "create Organization organization",
      "create OrganizationApiKey organization-sync-key",
      "create Project organization-project",
      "create Project organization-project-Staging",
      "create ProjectApiKey organization-chat-production-key",
    ],
    writes: [
      "POST admin/organizations",
      "POST admin/organizations/ID/apiKeys",
      "POST public/projects",
      "POST public/projects",
      "POST public/projects/ID/apiKeys",
      ...Array.from({ length: 3 }, () => "POST public/scim/Users"),
      ...Array.from({ length: 2 }, () => "PUT public/projects/ID/memberships"),
    ],
  },
};
const names = Object.keys(damages);

let organizations: Organizations;
const admin = () => organizations.ground.admin;
let refresh: { readonly outcome: Outcome; readonly of: (name: string) => Part };
let up: typeof refresh;

beforeAll(async () => {
  organizations = await Organizations.prepare({ name: "damage", environment: withoutCheckpoints });
  await organizations.declare(Object.fromEntries(names.map((name) => [name, tenant])));
  await organizations.run("up");
  const made = await organizations.made();
  expect(await organizations.worlds(made)).toEqual(Object.fromEntries(names.map((name) => [name, whole])));
  for (const [name, organization] of Object.entries(made)) {
    const ids = new Map((await organization.client.listProjects()).map((project) => [project.name, project.id]));
    await damages[name]?.damage({ ...organization, project: (title) => ids.get(title) ?? "" });
  }
  refresh = await organizations.run("refresh");
  up = await organizations.run("up");
});

afterAll(async () => {
  await organizations?.stop();
});

async function userId(client: LangfuseClient, email: string): Promise<string> {
  return (await client.listMemberships()).find((member) => member.email === email)?.userId ?? "";
}

describe("damage by hand is seen by a refresh, which changes nothing, and repaired by the next up:", () => {
  it.each(Object.entries(damages).map(([name, damage]) => [damage.title, name, damage] as const))(
    "%s",
    (_title, name, { steps, writes }) => {
      expect(refresh.of(name).writes).toEqual([]);
      const repair = up.of(name);
      expect(repair.steps).toEqual(steps);
      expect(repair.writes).toEqual(writes);
      // Where no key is accepted, time decides also what is asked.
      if (name === "keyless" || name === "lost") return;
      const kinds = ({ reads }: Part) => [...new Set(reads)];
      expect({ refresh: kinds(refresh.of(name)), up: kinds(repair) }).toMatchSnapshot("reads");
    },
  );

  it("nothing else is found", () => {
    const { same, ...seen } = refresh.outcome.changes;
    const sum = (kind: "update" | "delete") =>
      Object.values(damages).reduce((total, damage) => total + (damage.seen[kind] ?? 0), 0);
    expect(seen).toEqual({ update: sum("update"), delete: sum("delete") });
    // Of eleven resources in each, and the stack.
    expect(same).toBe(names.length * 11 + 1 - sum("update") - sum("delete"));
  });

  it("the repair is told in a person's words", () => {
    expect(announcedBy(up.outcome)).toEqual([
      "bob@example.com: NONE → ADMIN in project Staging",
      "bob@example.com: VIEWER → MEMBER in altered",
      "bob@example.com: as in the organization → ADMIN in project Staging",
      "bob@example.com: as in the organization → VIEWER in project Assistant",
      "chat in production: pair 1 was deleted in Langfuse, pair 2 takes its place",
      "organization Renamed → altered",
      "project Renamed → Assistant",
      "role sync, managed by langfuse-access/damage: pair 1 was deleted in Langfuse, pair 2 takes its place",
    ]);
  });

  it("everything is as it was, but for what is not declared", async () => {
    const made = await organizations.made();
    const expected = Object.entries(damages).map(([name, { after = whole }]) => [name, after]);
    expect(await organizations.worlds(made)).toEqual(Object.fromEntries(expected));
    const repaired = (await made.altered?.client.listProjects())?.find(({ name }) => name === "Assistant");
    expect(repaired?.metadata).toMatchObject({ team: "a", theirs: 1 });
    expect((await admin().getOrganization(made.unmarked?.id ?? "")).metadata).toEqual({
      theirs: 1,
      managedBy: "langfuse-access/damage/unmarked",
    });
  });

  it("and nothing is left to do", async () => {
    const { changes } = await run(organizations.ground.stack.preview(["--refresh"]));
    expect(changes).toEqual({ same: names.length * 11 + 1 });
    await organizations.destroy();
  });
});
