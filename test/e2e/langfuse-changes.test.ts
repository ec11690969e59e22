import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withoutCheckpoints } from "./checkpoints.ts";
import { Organizations, type Part, type Tenant } from "./langfuse-organizations.ts";
import { expectNoSecrets } from "./langfuse-secrecy.ts";

const ann = { email: "ann@example.com", role: "OWNER" };
const bob = { email: "bob@example.com", role: "MEMBER", projectRoles: [{ project: "Staging", role: "ADMIN" }] };
const base: Tenant = {
  project: { name: "Assistant", retentionDays: 30, metadata: { team: "a" } },
  projects: [{ name: "Staging" }],
  members: [ann, bob],
  services: [{ name: "chat" }],
};

interface Change {
  readonly title: string;
  /** What is declared at first beside the base. */
  readonly before?: Tenant;
  readonly change: Tenant;
  readonly steps: readonly string[];
  readonly writes: readonly string[];
}

const key = "ProjectApiKey organization-chat-production-key";
const changes: readonly Change[] = [
  {
    title: "another role of a member",
    change: { members: [ann, { ...bob, role: "VIEWER" }] },
    steps: ["update Membership organization-bob@example.com"],
    writes: ["PUT public/scim/Users/ID"],
  },
  {
    title: "another role in a project",
    change: { members: [ann, { ...bob, projectRoles: [{ project: "Staging", role: "NONE" }] }] },
    steps: ["update Membership organization-bob@example.com"],
    writes: ["PUT public/projects/ID/memberships"],
  },
  {
    title: "no role in a project any more",
    change: { members: [ann, { email: bob.email, role: bob.role }] },
    steps: ["update Membership organization-bob@example.com"],
    writes: ["DELETE public/projects/ID/memberships"],
  },
  {
    title: "another owner",
    change: {
      members: [
        { ...ann, role: "MEMBER" },
        { ...bob, role: "OWNER" },
      ],
    },
    steps: ["update Membership organization-ann@example.com", "update Membership organization-bob@example.com"],
    writes: ["PUT public/scim/Users/ID", "PUT public/scim/Users/ID"],
  },
  {
    title: "another person in the place of a member",
    before: { members: [ann, { ...bob, role: "OWNER" }] },
    change: {
      members: [
        { email: "eve@example.com", role: "VIEWER" },
        { ...bob, role: "OWNER" },
      ],
    },
    steps: ["create Membership organization-eve@example.com", "delete Membership organization-ann@example.com"],
    writes: ["DELETE public/scim/Users/ID", "POST public/scim/Users"],
  },
  {
    title: "another name of the organization",
    change: { organization: { name: "Firm" } },
    steps: ["update Organization organization"],
    writes: ["PUT admin/organizations/ID"],
  },
  {
    title: "another name, retention and metadata of the main project",
    change: { project: { name: "Helper", retentionDays: 90, metadata: { team: "b" } } },
    steps: ["update Project organization-project"],
    writes: ["PUT public/projects/ID"],
  },
  {
    title: "another name of a further project, under its key",
    change: { projects: [{ key: "Staging", name: "Pre-production" }] },
    steps: ["update Project organization-project-Staging"],
    writes: ["PUT public/projects/ID"],
  },
  {
    title: "another generation of a service's key",
    change: { services: [{ name: "chat", generation: 2 }] },
    steps: [`update ${key}`],
    writes: ["POST public/projects/ID/apiKeys"],
  },
  {
    title: "another project of a service",
    change: { services: [{ name: "chat", project: "Staging" }] },
    steps: [`update ${key}`],
    writes: ["POST public/projects/ID/apiKeys"],
  },
  {
    title: "another name of a service, under its key",
    change: { services: [{ key: "chat-production", name: "talk" }] },
    steps: [`update ${key}`],
    writes: ["POST public/projects/ID/apiKeys"],
  },
  {
    title: "another generation of the organization's key, which changes nothing that it opens",
    change: { organizationKey: { generation: 2 } },
    steps: ["update OrganizationApiKey organization-sync-key"],
    writes: ["POST admin/organizations/ID/apiKeys"],
  },
];
/** Each change is made in an organization of its own, and all in one run of the engine. */
const nameOf = (title: string) => `company-${changes.findIndex((change) => change.title === title)}`;
/** What then loses its service, whose pairs are in two projects. */
const moved = nameOf("another project of a service");

let organizations: Organizations;
let changed: (name: string) => Part;

beforeAll(async () => {
  organizations = await Organizations.prepare({ name: "changes", environment: withoutCheckpoints });
  await declare(({ before }) => before ?? {});
  await organizations.run("up");
  await declare(({ before, change }) => ({ ...before, ...change }));
  changed = (await watched()).of;
});

afterAll(async () => {
  await organizations?.stop();
});

/** Everything the engine printed, for the search for secrets. */
let printed = "";

async function watched() {
  const done = await organizations.run("up");
  printed += done.outcome.output;
  return done;
}

const declare = (own: (change: Change) => Tenant, others: Readonly<Record<string, Tenant>> = {}) => {
  const tenants = changes.map((change) => [nameOf(change.title), { ...base, ...own(change) }]);
  return organizations.declare({ ...Object.fromEntries(tenants), ...others });
};

const NOTHING: Part = { steps: [], writes: [], reads: [] };

describe("the resources of Langfuse", () => {
  it.each(changes.map((change) => [change.title, change] as const))(
    "change in place: %s",
    (title, { steps, writes }) => {
      const made = changed(nameOf(title));
      expect(made.steps).toEqual(steps);
      expect(made.writes).toEqual(writes);
      expect(made.reads).toMatchSnapshot();
    },
  );

  it("are not changed again, and a service that is no more loses its pairs in every project", async () => {
    await declare(({ before, change }) => ({ ...before, ...change }), { [moved]: { ...base, services: [] } });
    const { outcome, of } = await watched();
    expect(outcome.changes).toMatchObject({ delete: 2 });
    expect(Object.keys(outcome.changes).toSorted()).toEqual(["delete", "same"]);
    const { steps, writes, reads } = of(moved);
    expect(steps).toEqual([`delete ${key}`, "delete RandomPassword organization-chat-production-seed"]);
    expect(writes).toEqual(["DELETE public/projects/ID/apiKeys/ID", "DELETE public/projects/ID/apiKeys/ID"]);
    expect(reads).toMatchSnapshot();
    for (const { title } of changes) if (nameOf(title) !== moved) expect(of(nameOf(title))).toEqual(NOTHING);
  });

  it("keep every secret out of state and of what is printed when they change", async () => {
    await expectNoSecrets(organizations.ground, printed);
    await organizations.destroy();
  });
});
