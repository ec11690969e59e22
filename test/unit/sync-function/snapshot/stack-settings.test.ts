import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { stackSettings } from "#sync/snapshot/stack-settings.ts";
import { stackText } from "#sync/snapshot/stack-text.ts";

const options = { url: "https://langfuse.example.com", organizationId: "o1" };
const project = (name: string, rows: Record<string, string> = {}) => ({
  id: `id-${name}`,
  name,
  rows: new Map(Object.entries(rows)),
});
const member = (userId: string, email: string, role: string) => ({ userId, email, role });
const dumpOf = (state: Parameters<typeof stackSettings>[0], main?: string) => {
  const dump = stackSettings(state, { ...options, mainProject: main });
  if ("objection" in dump) throw new Error(dump.objection);
  return dump;
};

describe("an organization as configuration of a stack", () => {
  it("is sorted, so that the same organization gives the same text", () => {
    const members = [member("u2", "bob@example.com", "MEMBER"), member("u1", "ann@example.com", "OWNER")];
    const projects = [project("Staging", { u2: "VIEWER" }), project("Assistant", { u2: "ADMIN" })];
    const text = stackText(dumpOf({ members, projects }), "langfuse-access");
    expect(text).toBe(
      stackText(dumpOf({ members: members.toReversed(), projects: projects.toReversed() }), "langfuse-access"),
    );
    expect(dumpOf({ members, projects }).settings.members).toEqual([
      { email: "ann@example.com", role: "OWNER" },
      {
        email: "bob@example.com",
        role: "MEMBER",
        projectRoles: [
          { project: "Assistant", role: "ADMIN" },
          { project: "Staging", role: "VIEWER" },
        ],
      },
    ]);
  });

  it("leaves out, and names, who cannot be declared", () => {
    const members = [
      member("u1", "", "MEMBER"),
      member("u2", "ann@example.com", "EMPEROR"),
      member("u3", "bob@example.com", "MEMBER"),
      member("u4", "cora@example.com", "VIEWER"),
    ];
    const dump = dumpOf({ members, projects: [project("Assistant", { u3: "EMPEROR" })] });
    expect(dump.settings.members).toEqual([{ email: "cora@example.com", role: "VIEWER" }]);
    expect(dump.leftOut).toEqual([
      expect.stringContaining("user u1"),
      expect.stringContaining("ann@example.com: has the role EMPEROR"),
      expect.stringContaining("bob@example.com: has a role in a project"),
    ]);
    expect(stackText(dump, "langfuse-access").match(/^# left out: /gm)).toHaveLength(3);
  });

  it.each([
    ["no project", [], undefined, /has no project/],
    ["two projects of one name", [project("Same"), project("Same")], undefined, /several projects are called "Same"/],
    ["a project with a short name", [project("ab")], undefined, /"ab" has a name of another length/],
    [
      "another main project",
      [project("Assistant")],
      "Staging",
      /--main "Staging" is no project of it; use one of "Assistant"/,
    ],
  ])("is refused with %s", (_title, projects, main, message) => {
    const dump = stackSettings({ members: [], projects }, { ...options, mainProject: main });
    expect(dump).toEqual({ objection: expect.stringMatching(message) });
  });

  it("is YAML that says the same, whatever is in the names", () => {
    const name = fc.string({ minLength: 3, maxLength: 60, unit: "grapheme" });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), (names) => {
        const usable = names.filter((one) => one.length >= 3 && one.length <= 60);
        fc.pre(usable.length > 0);
        const members = [member("u1", "ann@example.com", "OWNER")];
        const dump = dumpOf({ members, projects: usable.map((one) => project(one, { u1: "VIEWER" })) });
        expect(parseYaml(stackText(dump, "langfuse-access"))).toEqual({
          config: { "langfuse-access:langfuse": dump.settings },
        });
      }),
    );
  });
});
