import { beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import { MemberLists } from "#components/langfuse/member-lists.ts";
import { check } from "#components/langfuse/membership-check.ts";
import * as membership from "#components/langfuse/membership-lifecycle.ts";
import { isRole, type Role } from "#sync/langfuse/role.ts";
import {
  freshProcess,
  gone,
  never,
  noOrganization,
  noSpare,
  refusal,
  silent,
  spareKeys,
  standing,
  unused,
} from "../answers.ts";

beforeEach(freshProcess);

const inputs = {
  organizationId: "o1",
  email: "ann@example.com",
  role: "OWNER" as Role,
  publicKey: "pk-lf-1",
  secretKey: "sk-lf-1",
};

const rowsOf = (members: Record<string, string>) =>
  Object.entries(members).map(([email, role]) => ({ userId: `u-${email}`, email, role }));

/**
 * An organization with these members, by address, and these roles in projects; the id of a person is the address with a
 * `u-` before it.
 */
function server(members: Record<string, string> = {}, projects: Record<string, Record<string, string>> = {}) {
  const writes: string[] = [];
  const reads: string[] = [];
  const project = (id: string) => {
    const rows = projects[id];
    if (!rows) throw refusal(404);
    return rows;
  };
  return {
    writes,
    reads,
    listMemberships: async () => {
      reads.push("organization");
      return rowsOf(members);
    },
    createScimUser: async ({ userName, role }: { userName: string; role: Role }) => {
      if (members[userName]) throw refusal(409);
      writes.push(`create ${userName} ${role}`);
      members[userName] = role;
      return { id: `u-${userName}`, userName };
    },
    updateScimUser: async (id: string, role: Role) => {
      const owners = Object.keys(members).filter((email) => members[email] === "OWNER");
      if (role !== "OWNER" && owners.length === 1 && owners[0] === id.slice(2)) {
        throw refusal(403, "Cannot remove the last owner of an organization.");
      }
      writes.push(`update ${id} ${role}`);
      members[id.slice(2)] = role;
    },
    deleteScimUser: async (id: string) => {
      writes.push(`delete ${id}`);
      delete members[id.slice(2)];
    },
    listProjects: async () => Object.keys(projects).map((id) => ({ id, name: id })),
    listProjectMemberships: async (id: string) => {
      reads.push(id);
      return rowsOf(project(id));
    },
    putProjectMembership: async (id: string, userId: string, role: Role) => {
      writes.push(`${id}: put ${userId} ${role}`);
      project(id)[userId.slice(2)] = role;
      return { userId, role };
    },
    deleteProjectMembership: async (id: string, userId: string) => {
      writes.push(`${id}: delete ${userId}`);
      delete project(id)[userId.slice(2)];
    },
  };
}

/** What a new provider process knows: nothing. */
const fresh = () => new MemberLists();

const refuse = (status: number) => () => Promise.reject(refusal(status));
const locked = { ...server(), listMemberships: refuse(401) };

describe("a membership is created", () => {
  it("for somebody new", async () => {
    const client = server({ "bob@example.com": "NONE" });
    expect(await membership.create(inputs, client, fresh())).toEqual({ id: "o1/ann@example.com", outs: inputs });
    expect(client.writes).toEqual(["create ann@example.com OWNER"]);
  });

  it("by taking over a member who has the role already", async () => {
    const client = server({ "ann@example.com": "OWNER" });
    expect(await membership.create(inputs, client, fresh())).toEqual({ id: "o1/ann@example.com", outs: inputs });
    expect(client.writes).toEqual([]);
  });

  it("by taking over a member of another role, found by an address in any case", async () => {
    const client = server({ "ann@example.com": "VIEWER" });
    await membership.create({ ...inputs, email: "Ann@Example.com", adopt: "if-exists" }, client, fresh());
    expect(client.writes).toEqual(["update u-ann@example.com OWNER"]);
  });

  it("never over somebody with another role, unless that is allowed", async () => {
    const client = server({ "ann@example.com": "VIEWER" });
    await expect(membership.create(inputs, client, fresh())).rejects.toThrow(
      "ann@example.com is a member of the organization already, as VIEWER and not as OWNER. Set langfuse.adopt to if-exists",
    );
    expect(client.writes).toEqual([]);
  });

  it("over somebody whom a first login made a member without a role", async () => {
    const client = server({ "ann@example.com": "NONE" });
    await membership.create(inputs, client, fresh());
    expect(client.writes).toEqual(["update u-ann@example.com OWNER"]);
  });

  it("with roles in projects", async () => {
    const client = server({}, { p1: {}, p2: { "ann@example.com": "VIEWER" } });
    const projectRoles = [
      { projectId: "p1", role: "ADMIN" as Role },
      { projectId: "p2", role: "VIEWER" as Role },
    ];
    const { outs } = await membership.create({ ...inputs, projectRoles }, client, fresh());
    expect(outs.projectRoles).toEqual(projectRoles);
    expect(client.writes).toEqual(["create ann@example.com OWNER", "p1: put u-ann@example.com ADMIN"]);
  });

  it("although somebody else adds the person at the same moment", async () => {
    const members: Record<string, string> = {};
    const client = {
      ...server(members),
      createScimUser: async () => {
        members["ann@example.com"] = "NONE";
        throw refusal(409);
      },
    };
    await membership.create(inputs, client, fresh());
    expect(client.writes).toEqual(["update u-ann@example.com OWNER"]);
  });

  it("not over somebody whom somebody else adds with another role at the same moment", async () => {
    const members: Record<string, string> = {};
    const client = {
      ...server(members),
      createScimUser: async () => {
        members["ann@example.com"] = "VIEWER";
        throw refusal(409);
      },
    };
    await expect(membership.create(inputs, client, fresh())).rejects.toThrow("as VIEWER and not as OWNER");
    expect(members).toEqual({ "ann@example.com": "VIEWER" });
  });

  it("not at all when the server refuses", async () => {
    await expect(membership.create(inputs, { ...server(), createScimUser: refuse(403) }, fresh())).rejects.toThrow(
      "403",
    );
  });
});

describe("a membership is read", () => {
  it("with the role of the moment, so that it shows as drift", async () => {
    const current = { ...inputs, role: "VIEWER" };
    expect(await membership.read("x", inputs, server({ "ann@example.com": "VIEWER" }), unused, fresh())).toEqual({
      id: "x",
      props: current,
      inputs: current,
    });
  });

  it("with a role of a newer server as it is", async () => {
    const { props } = await membership.read("x", inputs, server({ "ann@example.com": "AUDITOR" }), unused, fresh());
    expect(isRole(props?.role ?? "OWNER")).toBe(false);
  });

  it("with the roles that the declared projects really give", async () => {
    const ann = "ann@example.com";
    const client = server({ [ann]: "OWNER" }, { p1: { [ann]: "NONE" }, p2: {} });
    const projectRoles = ["p1", "p2", "gone"].map((projectId) => ({ projectId, role: "ADMIN" as Role }));
    const { props } = await membership.read("x", { ...inputs, projectRoles }, client, unused, fresh());
    expect(props?.projectRoles).toEqual([{ projectId: "p1", role: "NONE" }]);
  });

  it("as nothing when the person left", async () => {
    expect(await membership.read("x", inputs, server(), unused, fresh())).toEqual({});
  });

  it("as nothing when the key is refused because the organization is gone", async () => {
    expect(await membership.read("x", inputs, locked, gone, fresh())).toEqual({});
  });

  it("as it was when only the key was deleted, so that a refresh can go on", async () => {
    expect(await membership.read("x", inputs, locked, standing, fresh())).toEqual({ id: "x", props: inputs, inputs });
  });
});

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

describe("the removal of a membership", () => {
  it("can be repeated", async () => {
    const client = server({ "ann@example.com": "OWNER", "bob@example.com": "OWNER" });
    await membership.remove(inputs, client, noSpare, fresh());
    await membership.remove(inputs, client, noSpare, fresh());
    expect(client.writes).toEqual(["delete u-ann@example.com"]);
  });

  it("is done when the key is refused because the organization is gone", async () => {
    await membership.remove(inputs, locked, noOrganization, fresh());
  });

  it("takes a pair made for it alone when the stored one has ended", async () => {
    const client = server({ "ann@example.com": "OWNER" });
    await membership.remove(inputs, locked, spareKeys(client.writes), fresh(), () => client);
    expect(client.writes).toEqual(["spare", "delete u-ann@example.com", "no spare"]);
  });

  it("ends in the refusal when the server key may not make a pair either", async () => {
    const powerless = { ...noOrganization, createApiKey: refuse(403) };
    await expect(membership.remove(inputs, locked, powerless, fresh())).rejects.toMatchObject({ status: 401 });
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
