import { beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import { check } from "#components/langfuse/membership-check.ts";
import * as membership from "#components/langfuse/membership-lifecycle.ts";
import type { Role } from "#sync/langfuse/role.ts";
import { freshProcess, never, silent, unused } from "../answers.ts";
import { fresh, inputs, server } from "./membership-server.ts";

beforeEach(freshProcess);

describe("an update of a membership", () => {
  it("writes nothing when only the key is another, which is stored", async () => {
    const news = { ...inputs, publicKey: "pk-lf-2", secretKey: "sk-lf-2" };
    const client = server({ "ann@example.com": "OWNER" });
    const { inputs: checked } = await check(inputs, news, never);
    expect(await membership.update(checked, inputs, client, fresh())).toEqual({ outs: news });
    expect(client.writes).toEqual([]);
  });

  it("adds somebody who left in the meantime", async () => {
    const client = server();
    await membership.update(inputs, inputs, client, fresh());
    expect(client.writes).toEqual(["create ann@example.com OWNER"]);
  });

  it("hands the ownership over, whatever order the changes come in", async () => {
    const client = server({ "ann@example.com": "OWNER", "bob@example.com": "MEMBER" });
    const lists = fresh();
    const demotion = membership.update({ ...inputs, role: "MEMBER" }, inputs, client, lists);
    const promotion = membership.update({ ...inputs, email: "bob@example.com" }, inputs, client, lists);
    await Promise.all([demotion, promotion]);
    expect(client.writes).toEqual(["update u-bob@example.com OWNER", "update u-ann@example.com MEMBER"]);
  });

  it("reads back the first role it changes, and no other", async () => {
    const client = server({ "ann@example.com": "VIEWER", "bob@example.com": "VIEWER", "cid@example.com": "VIEWER" });
    const lists = fresh();
    for (const email of ["ann@example.com", "bob@example.com", "cid@example.com"]) {
      await membership.update({ ...inputs, email }, inputs, client, lists);
    }
    expect(client.reads).toEqual(["organization", "organization"]);
  });

  it("that the server accepts without doing it is no success", async () => {
    const client = { ...server({ "ann@example.com": "VIEWER" }), updateScimUser: async () => {} };
    await expect(membership.update(inputs, inputs, client, fresh())).rejects.toThrow(
      "Langfuse accepted the role OWNER for ann@example.com but reports VIEWER.",
    );
  });

  it("writes the project roles that differ and takes away those no longer declared, but nobody else's", async () => {
    const ann = "ann@example.com";
    const client = server(
      { [ann]: "OWNER" },
      { p1: { [ann]: "VIEWER" }, p2: { [ann]: "NONE" }, p3: { [ann]: "NONE" } },
    );
    const olds = {
      ...inputs,
      projectRoles: ["p1", "p2", "gone"].map((projectId) => ({ projectId, role: "NONE" as Role })),
    };
    const news = { ...inputs, projectRoles: [{ projectId: "p1", role: "MEMBER" as Role }] };
    expect((await membership.update(news, olds, client, fresh())).outs).toEqual(news);
    expect(client.writes).toEqual([`p1: put u-${ann} MEMBER`, `p2: delete u-${ann}`]);
  });

  it("reads the list twice for any number of people, one after the other", async () => {
    const people = Array.from({ length: 50 }, (_, index) => `person-${index}@example.com`);
    const client = server(Object.fromEntries(people.map((email) => [email, "VIEWER"])));
    const lists = fresh();
    await Promise.all(people.map((email) => membership.update({ ...inputs, email }, inputs, client, lists)));
    expect(client.reads).toEqual(["organization", "organization"]);
    expect(client.writes).toHaveLength(50);
  });
});

describe("any number of people with roles in projects", () => {
  const people = Array.from({ length: 50 }, (_, index) => `person-${index}@example.com`);
  const projectRoles = ["p1", "p2"].map((projectId) => ({ projectId, role: "ADMIN" as Role }));
  const declared = people.map((email) => ({ ...inputs, email, role: "VIEWER" as Role, projectRoles }));

  it("are made members and refreshed with one read of each list", async () => {
    const client = server({}, { p1: {}, p2: {} });
    const [making, refreshing] = [fresh(), fresh()];
    await Promise.all(declared.map((person) => membership.create(person, client, making)));
    expect(client.reads.splice(0).toSorted()).toEqual(["organization", "p1", "p2"]);
    const read = await Promise.all(declared.map((person) => membership.read("x", person, client, unused, refreshing)));
    expect(client.reads.toSorted()).toEqual(["organization", "p1", "p2"]);
    expect(read.map(({ props }) => props)).toEqual(declared);
  });

  it("ask for a project that is gone once, and not each", async () => {
    const client = server(Object.fromEntries(people.map((email) => [email, "VIEWER"])), { p1: {} });
    const lists = fresh();
    await Promise.all(declared.map((person) => membership.read("x", person, client, unused, lists)));
    expect(client.reads.toSorted()).toEqual(["organization", "p1", "p2"]);
  });
});

describe("a change of a membership", () => {
  it.each([
    ["nothing changed", inputs, false, []],
    ["another role", { ...inputs, role: "NONE" as Role }, true, []],
    ["another key", { ...inputs, secretKey: "sk-lf-2" }, false, []],
    ["another case of the address", { ...inputs, email: "ANN@example.com" }, false, []],
    ["no roles in projects", { ...inputs, projectRoles: [] }, false, []],
    ["another person", { ...inputs, email: "bob@example.com" }, true, ["email"]],
    ["another organization", { ...inputs, organizationId: "o2" }, true, ["organizationId"]],
  ])("%s: changes are %s, replaced for %j", (_title, news, changes, replaces) => {
    expect(membership.diff(inputs, news, silent)).toEqual({ changes, replaces });
  });

  it("is told in words that a person would use", () => {
    const said: string[] = [];
    // Ids that no other test of this process gave a title.
    const untitled = { ...inputs, organizationId: "o-untitled" };
    const olds = { ...untitled, projectRoles: [{ projectId: "p1-untitled", role: "ADMIN" as Role }] };
    const projectRoles = [
      { projectId: "p2-untitled", role: "NONE" as Role },
      { projectId: UNKNOWN, role: "NONE" as Role },
    ];
    membership.diff(olds, { ...untitled, role: "ADMIN", projectRoles }, (line) => said.push(line));
    expect(said).toEqual([
      "ann@example.com: OWNER → ADMIN in o-untitled",
      "ann@example.com: ADMIN → as in the organization in project p1-untitled",
      "ann@example.com: as in the organization → NONE in project p2-untitled",
    ]);
  });
});
