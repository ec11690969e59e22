import { beforeEach, describe, expect, it } from "vitest";
import * as membership from "#components/langfuse/membership-lifecycle.ts";
import { isRole, type Role } from "#sync/langfuse/role.ts";
import { freshProcess, gone, noOrganization, noSpare, refusal, spareKeys, standing, unused } from "../answers.ts";
import { fresh, inputs, locked, refuse, server } from "./membership-server.ts";

beforeEach(freshProcess);

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
