import { beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import * as organization from "#components/langfuse/organization-lifecycle.ts";
import type { LangfuseOrganization } from "#sync/langfuse/answers.ts";
import { freshProcess, never, refusal, silent } from "../answers.ts";

beforeEach(freshProcess);

const inputs = { name: "Company", managedBy: "access/dev/organization" };

/** A server with these organizations that notes what is written. */
function server(organizations: LangfuseOrganization[] = []) {
  const writes: string[] = [];
  const find = async (id: string) => {
    const found = organizations.find((candidate) => candidate.id === id);
    if (!found) throw refusal(404);
    return found;
  };
  return {
    writes,
    listOrganizations: async () => organizations,
    getOrganization: find,
    createOrganization: async (settings: { name: string; metadata?: unknown }) => {
      writes.push(`create ${JSON.stringify(settings)}`);
      return { id: "new", projects: [], ...settings };
    },
    updateOrganization: async (id: string, settings: { name: string; metadata?: unknown }) => {
      writes.push(`update ${id} ${JSON.stringify(settings)}`);
      return { ...(await find(id)), ...settings };
    },
    deleteOrganization: async (id: string) => {
      writes.push(`delete ${id}`);
    },
  };
}

const ours = (changes: Partial<LangfuseOrganization> = {}): LangfuseOrganization => ({
  id: "o1",
  name: "Company",
  metadata: { managedBy: inputs.managedBy },
  projects: [],
  ...changes,
});

describe("an organization is created", () => {
  it("with its marker, beside others of the same name", async () => {
    const client = server([ours({ id: "foreign", metadata: { managedBy: "access/prod/organization" } })]);
    expect(await organization.create(inputs, client)).toEqual({ id: "new", outs: inputs });
    expect(client.writes).toEqual(['create {"name":"Company","metadata":{"managedBy":"access/dev/organization"}}']);
  });

  it("by taking over the one whose creation a run did not see end", async () => {
    const client = server([ours({ name: "Old", metadata: { managedBy: inputs.managedBy, theirs: 1 } })]);
    expect(await organization.create(inputs, client)).toEqual({ id: "o1", outs: inputs });
    expect(client.writes).toEqual([
      'update o1 {"name":"Company","metadata":{"managedBy":"access/dev/organization","theirs":1}}',
    ]);
  });
});

describe("an organization is read", () => {
  it("as it is, so that a new name shows as drift", async () => {
    const current = { name: "Renamed", managedBy: inputs.managedBy };
    expect(await organization.read("o1", inputs, server([ours({ name: "Renamed" })]))).toEqual({
      id: "o1",
      props: current,
      inputs: current,
    });
  });

  it.each([null, "text", ["managedBy"], { managedBy: "somebody else" }])(
    "without the marker when its metadata is %j",
    async (metadata) => {
      const { props } = await organization.read("o1", inputs, server([ours({ metadata })]));
      expect(props).toEqual({ name: "Company", managedBy: "" });
    },
  );

  it("as nothing when it is gone", async () => {
    expect(await organization.read("o1", inputs, server())).toEqual({});
  });

  it("not at all when the server fails, which is no proof that it is gone", async () => {
    const client = { ...server(), getOrganization: () => Promise.reject(refusal(500)) };
    await expect(organization.read("o1", inputs, client)).rejects.toThrow("500");
  });
});

it("an update of an organization keeps what others wrote into its metadata", async () => {
  const client = server([ours({ metadata: { theirs: [1] } })]);
  expect(await organization.update("o1", { ...inputs, name: "New" }, client)).toEqual({
    outs: { ...inputs, name: "New" },
  });
  expect(client.writes).toEqual([
    'update o1 {"name":"New","metadata":{"theirs":[1],"managedBy":"access/dev/organization"}}',
  ]);
});

it.each([
  [["theirs"], "a list"],
  ["text", "a string"],
  [1, "a number"],
])("metadata that is %j has no room for a marker, and is not overwritten", async (metadata, kind) => {
  const client = server([ours({ metadata })]);
  const message = `The metadata of organization "Company" (o1) is ${kind}, which would be lost`;
  await expect(organization.update("o1", inputs, client)).rejects.toThrow(message);
  await expect(organization.create({ ...inputs, adopt: "if-exists" }, client)).rejects.toThrow(message);
  expect(client.writes).toEqual([]);
});

describe("the removal of an organization", () => {
  it("is done when it is gone already", async () => {
    const client = server();
    await organization.remove("o1", client);
    expect(client.writes).toEqual([]);
  });

  it("names the projects that are not ours to delete", async () => {
    const client = server([ours({ projects: [{ id: "p", name: "Theirs" }] })]);
    await expect(organization.remove("o1", client)).rejects.toThrow(
      'The organization "Company" still has the projects "Theirs", which this program does not manage.',
    );
    expect(client.writes).toEqual([]);
  });

  it("waits for projects whose data is still being deleted", async () => {
    let blocked = 2;
    const pauses: number[] = [];
    const deleteOrganization = async () => {
      blocked -= 1;
      if (blocked >= 0) throw refusal(400, "Cannot delete organization with existing projects");
    };
    const client = { ...server([ours()]), deleteOrganization };
    await organization.remove("o1", client, async (pause) => pauses.push(pause));
    expect(pauses).toEqual([1000, 1000]);
  });

  it("is done when a repetition after a lost answer finds nothing left", async () => {
    const deleteOrganization = () => Promise.reject(refusal(404));
    await organization.remove("o1", { ...server([ours()]), deleteOrganization, listOrganizations: async () => [] });
  });

  it("ends in the server's other refusals", async () => {
    const client = { ...server([ours()]), deleteOrganization: () => Promise.reject(refusal(403)) };
    await expect(organization.remove("o1", client, never)).rejects.toThrow("403");
  });
});

describe("the inputs of an organization", () => {
  it.each([
    ["are fine", inputs, []],
    ["may be unknown in a preview", { ...inputs, name: UNKNOWN }, []],
    ["need a name of 3 characters", { ...inputs, name: "ab" }, ["name"]],
    ["need a name of 60 characters at most", { ...inputs, name: "a".repeat(61) }, ["name"]],
    ["need a marker", { ...inputs, managedBy: "" }, ["managedBy"]],
  ])("%s", async (_title, news, properties) => {
    const { failures } = await organization.check({}, news, never);
    expect(failures.map((failure) => failure.property)).toEqual(properties);
  });

  it.each([
    ["nothing changed", inputs, false],
    ["another name", { ...inputs, name: "New" }, true],
    ["another marker", { ...inputs, managedBy: "x" }, true],
  ])("%s: changes are %s", (_title, news, changes) => {
    expect(organization.diff("o1", inputs, news, silent)).toEqual({ changes });
  });
});

describe("of a new organization that may be there already, a preview", () => {
  const wanted = { ...inputs, adopt: "if-exists" as const };
  const told = async (organizations: LangfuseOrganization[], olds: object = {}) => {
    const said: string[] = [];
    const client = server(organizations);
    const { failures } = await organization.check(
      olds,
      wanted,
      () => client,
      (line) => said.push(line),
    );
    expect(client.writes).toEqual([]);
    return [...said, ...failures.map(({ property, reason }) => `${property}: ${reason}`)];
  };
  const there = ours({ metadata: null });
  const elsewhere = ours({ id: "o2", metadata: { managedBy: "access/prod/organization" } });
  const projects = ["Pilot", "Assistant"].map((name) => ({ id: name, name }));

  it.each<[string, Parameters<typeof told>, string]>([
    ["tells that it is made", [[]], "organization Company: not there → made"],
    [
      "tells that it is taken over, with what is in it",
      [[elsewhere, { ...there, projects }]],
      "organization Company: there already, with Assistant, Pilot → taken over, and what is declared of its projects and members with it",
    ],
    [
      "tells that a second one is made beside one of another stack",
      [[elsewhere]],
      "organization Company: there already, managed by access/prod/organization → another one of that name is made",
    ],
    [
      "tells that an earlier run left it",
      [[ours()]],
      "organization Company: left by a run that did not end → carried on with",
    ],
    [
      "ends in the refusal of several of that name",
      [[there, { ...there, id: "o3" }]],
      'name: There are 2 organizations "Company" (o1, o3), and only one can be taken over. Rename the others first.',
    ],
    [
      "ends in the refusal of one that cannot be marked",
      [[{ ...there, metadata: ["theirs"] }]],
      'name: The metadata of organization "Company" (o1) is a list, which would be lost: this program writes its marker there and needs an object. Change the metadata to an object, or clear it.',
    ],
  ])("%s", async (_title, given, line) => {
    expect(await told(...given)).toEqual([line]);
  });

  it("tells nothing of an organization of the stack", async () => {
    expect(await told([there], inputs)).toEqual([]);
  });

  it("asks once for all organizations of the stack", async () => {
    let asked = 0;
    const client = { listOrganizations: async () => [asked++].map(() => there) };
    for (const name of ["Company", "Other"]) await organization.check({}, { ...wanted, name }, () => client, silent);
    expect(asked).toBe(1);
  });
});
