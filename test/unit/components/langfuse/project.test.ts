import { beforeEach, describe, expect, it } from "vitest";
import { titleOf } from "#components/langfuse/connection.ts";
import * as project from "#components/langfuse/project-lifecycle.ts";
import {
  freshProcess,
  gone,
  noOrganization,
  noSpare,
  refusal,
  silent,
  spareKeys,
  standing,
  unused,
} from "../answers.ts";
import { inputs, locked, marked, server } from "./project-server.ts";

beforeEach(freshProcess);

describe("a project is created", () => {
  it("with its marker", async () => {
    const client = server([{ id: "theirs", name: "Other", metadata: null }]);
    expect(await project.create(inputs, client)).toEqual({ id: "new", outs: inputs });
    expect(client.writes).toEqual(['create {"name":"Assistant","metadata":{"managedBy":"access/dev/project"}}']);
    // Roles in it are told in the same run.
    expect(titleOf("new")).toBe("Assistant");
  });

  it("by taking over the one whose creation a run did not see end", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: marked }]);
    expect(await project.create(inputs, client)).toEqual({ id: "p1", outs: inputs });
    expect(client.writes).toEqual(['update p1 {"name":"Assistant","metadata":{"managedBy":"access/dev/project"}}']);
  });

  it("with its retention and metadata", async () => {
    const client = server();
    await project.create({ ...inputs, retentionDays: 30, metadata: { team: "a" } }, client);
    expect(client.writes).toEqual([
      'create {"name":"Assistant","metadata":{"team":"a","managedBy":"access/dev/project"},"retention":30}',
    ]);
  });

  it("over an unmanaged one of that name when it may be adopted, keeping what others wrote", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: { theirs: 1 } }]);
    expect((await project.create({ ...inputs, adopt: "if-exists" }, client)).id).toBe("p1");
    expect(client.writes).toEqual([
      'update p1 {"name":"Assistant","metadata":{"theirs":1,"managedBy":"access/dev/project"}}',
    ]);
  });

  it("never over one that another stack manages", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: { managedBy: "access/prod/project" } }]);
    await expect(project.create({ ...inputs, adopt: "if-exists" }, client)).rejects.toThrow(
      'The project "Assistant" (p1) is managed by access/prod/project.',
    );
  });

  it("never over a project of the same name that is somebody else's", async () => {
    const client = server([{ id: "theirs", name: "Assistant", metadata: {} }]);
    await expect(project.create(inputs, client)).rejects.toThrow(
      'The organization already has a project "Assistant" that this stack does not manage. Set langfuse.adopt to if-exists to take it over, choose another name, or delete it in Langfuse.',
    );
    expect(client.writes).toEqual([]);
  });
});

it("a retention that the server accepts without doing it is no success of a creation", async () => {
  const client = { ...server(), createProject: async () => ({ id: "p1", name: "Assistant" }) };
  await expect(project.create({ ...inputs, retentionDays: 30 }, client)).rejects.toThrow(
    'Langfuse accepted 30 days of retention for project "Assistant" but reports none.',
  );
});

describe("a project is read", () => {
  it("as it is, so that a new name shows as drift", async () => {
    const current = { ...inputs, name: "Renamed" };
    const client = server([{ id: "p1", name: "Renamed", metadata: marked }]);
    expect(await project.read("p1", inputs, client, unused)).toEqual({ id: "p1", props: current, inputs: current });
  });

  it("with the values that the declared metadata really has", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: { ...marked, team: "b", theirs: 1 } }]);
    const { props } = await project.read("p1", { ...inputs, metadata: { team: "a", gone: 1 } }, client, unused);
    expect(props?.metadata).toEqual({ team: "b" });
  });

  it("without the marker when somebody took it away", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: { theirs: 1 } }]);
    expect((await project.read("p1", inputs, client, unused)).props).toEqual({ ...inputs, managedBy: "" });
  });

  it("as nothing when it is gone", async () => {
    expect(await project.read("p1", inputs, server(), unused)).toEqual({});
  });

  it("as nothing when its key is refused because the organization is gone", async () => {
    expect(await project.read("p1", inputs, locked(), gone)).toEqual({});
  });

  it("as it was when only its key was deleted, so that a refresh can go on", async () => {
    expect(await project.read("p1", inputs, locked(), standing)).toEqual({ id: "p1", props: inputs, inputs });
  });

  it("not at all when the server fails", async () => {
    const client = { ...locked(), listProjects: () => Promise.reject(refusal(500)) };
    await expect(project.read("p1", inputs, client, unused)).rejects.toThrow("500");
    const admin = { ...unused, getOrganization: () => Promise.reject(refusal(503)) };
    await expect(project.read("p1", inputs, locked(), admin)).rejects.toThrow("503");
  });
});

describe("an update of a project", () => {
  it("writes nothing when only the key is another, which is stored", async () => {
    const news = { ...inputs, publicKey: "pk-lf-2", secretKey: "sk-lf-2" };
    const client = server([{ id: "p1", name: "Assistant", metadata: marked }]);
    const { inputs: checked } = await project.check(inputs, news);
    expect(await project.update("p1", checked, inputs, client)).toEqual({ outs: news });
    expect(client.writes).toEqual([]);
  });

  it.each([
    ["another name", { ...inputs, name: "New" }, { ...marked, theirs: 1 }],
    ["a lost marker", inputs, { theirs: 1 }],
  ])("for %s keeps what others wrote into the metadata", async (_title, news, metadata) => {
    const client = server([{ id: "p1", name: "Assistant", metadata }]);
    await project.update("p1", news, inputs, client);
    expect(client.writes).toHaveLength(1);
    expect(JSON.parse(client.writes[0]?.slice("update p1 ".length) ?? "")).toEqual({
      name: news.name,
      metadata: { theirs: 1, ...marked },
    });
  });

  it("to a name that another project has is refused, because Langfuse would not refuse it", async () => {
    const client = server([
      { id: "p1", name: "Assistant", metadata: marked },
      { id: "p2", name: "Staging", metadata: {} },
    ]);
    await expect(project.update("p1", { ...inputs, name: "Staging" }, inputs, client)).rejects.toThrow(
      'The project "Assistant" cannot be called "Staging": the organization has another project of that name (p2).',
    );
    expect(client.writes).toEqual([]);
  });

  it("that no longer declares how long data is kept leaves it alone", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: marked }]);
    await project.update("p1", inputs, { ...inputs, retentionDays: 30 }, client);
    expect(client.writes).toEqual([]);
  });

  it("takes away a key that is no longer declared, and nobody else's", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: { theirs: 1, team: "a", old: 2, ...marked } }]);
    const olds = { ...inputs, metadata: { team: "a", old: 2 } };
    await project.update("p1", { ...inputs, metadata: { team: "b" } }, olds, client);
    expect(JSON.parse(client.writes[0]?.slice("update p1 ".length) ?? "")).toEqual({
      name: "Assistant",
      metadata: { theirs: 1, team: "b", ...marked },
    });
  });

  it("that the server accepts without doing it is no success", async () => {
    const client = {
      ...server([{ id: "p1", name: "Assistant", metadata: marked }]),
      updateProject: async () => ({ id: "p1", name: "Assistant" }),
    };
    await expect(project.update("p1", { ...inputs, retentionDays: 30 }, inputs, client)).rejects.toThrow(
      'Langfuse accepted 30 days of retention for project "Assistant" but reports none.',
    );
  });

  it("stores nothing that the engine added to the inputs", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: marked }]);
    const { outs } = await project.update("p1", { ...inputs, ...{ __provider: "text" } }, inputs, client);
    expect(outs).toEqual(inputs);
  });
});

describe("the removal of a project", () => {
  it("can be repeated", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: marked }]);
    await project.remove("p1", inputs, client, noSpare);
    expect(client.writes).toEqual(["delete p1"]);
    await project.remove("p1", inputs, server(), noSpare);
  });

  it("is done when its key is refused because the organization is gone", async () => {
    await project.remove("p1", inputs, locked(), noOrganization);
  });

  it("takes a pair made for it alone when the stored one has ended", async () => {
    const client = server([{ id: "p1", name: "Assistant", metadata: marked }]);
    await project.remove("p1", inputs, locked(), spareKeys(client.writes), () => client);
    expect(client.writes).toEqual(["spare", "delete p1", "no spare"]);
  });
});

describe("a change of a project", () => {
  it.each([
    ["nothing changed", inputs, false, []],
    ["another name", { ...inputs, name: "New" }, true, []],
    ["another retention", { ...inputs, retentionDays: 3 }, true, []],
    ["other metadata", { ...inputs, metadata: { team: "a" } }, true, []],
    ["another key", { ...inputs, secretKey: "sk-lf-2" }, false, []],
    ["no metadata", { ...inputs, metadata: {} }, false, []],
    ["another organization", { ...inputs, organizationId: "o2" }, true, ["organizationId"]],
  ])("%s: changes are %s, replaced for %j", (_title, news, changes, replaces) => {
    expect(project.diff("p1", inputs, news, silent)).toEqual({ changes, replaces });
  });
});
