import { describe, expect, it } from "vitest";
import { AccessError } from "#sync/errors.ts";
import type { Person } from "#sync/people/person.ts";
import { plan } from "#sync/plan/plan.ts";
import { active, owner, project, rulesOf, stateOf } from "./world.ts";

describe("project roles", () => {
  const inProjects = rulesOf({
    rules: [
      { realmRole: "admins", organization: "ADMIN" },
      { group: "/research", projects: { Assistant: "MEMBER" } },
      { realmRole: "members", organization: "VIEWER", projects: { Assistant: "VIEWER", "project Bench": "ADMIN" } },
    ],
    protect: ["protected@example.com"],
  });
  const both: Partial<Person> = { realmRoles: ["members"], groups: ["/research/vision"] };
  const projects = (rows: Record<string, string> = {}) => [
    project("Assistant", rows),
    project("Bench"),
    project("Else", rows),
  ];

  it("follow the first rule that gives one, each project by itself", () => {
    const { changes } = plan(
      stateOf({ members: { ...owner, one: ["VIEWER", both] }, projects: projects() }),
      inProjects,
    );
    expect(changes).toMatchObject([
      {
        kind: "project-grant",
        project: { name: "Assistant" },
        from: "VIEWER",
        to: "MEMBER",
        row: { from: null, to: "MEMBER" },
        rule: 1,
        reason: "they are in group /research",
      },
      { kind: "project-grant", project: { name: "Bench" }, to: "ADMIN", rule: 2 },
    ]);
  });

  it("go where no rule gives one, so that the organization role counts again; other projects are left alone", () => {
    const state = stateOf({
      members: { ...owner, one: ["ADMIN", active("admins")] },
      projects: projects({ one: "VIEWER" }),
    });
    expect(plan(state, inProjects).changes).toMatchObject([
      {
        kind: "project-revoke",
        project: { name: "Assistant" },
        from: "VIEWER",
        to: "ADMIN",
        row: { from: "VIEWER", to: null },
      },
    ]);
  });

  it("go with the access of people who are disabled, and the plan says which ones stay", () => {
    const state = stateOf({
      members: { ...owner, one: ["VIEWER", { ...both, enabled: false }] },
      projects: projects({ one: "MEMBER" }),
    });
    expect(plan(state, inProjects).changes).toMatchObject([
      { kind: "project-revoke", project: { name: "Assistant" }, to: "NONE", reason: "they are disabled in Keycloak" },
      { kind: "remove-access", projectRoles: [{ project: { name: "Else" }, role: "MEMBER" }] },
    ]);
  });

  it("of a newer version are left alone", () => {
    const state = stateOf({ members: { ...owner, one: ["VIEWER", both] }, projects: projects({ one: "SUPER" }) });
    expect(plan(state, inProjects).untouched).toMatchObject([
      { kind: "unknown-role", project: { name: "Assistant" }, role: "SUPER" },
      { kind: "protected" },
    ]);
  });

  it.each([
    [
      "does not exist",
      [project("Asistant"), project("Bench")],
      'has no project "Assistant" (did you mean "Asistant"?)',
    ],
    ["has a name that several have", [...projects(), { ...project("Assistant"), id: "2" }], "several projects"],
  ])("stop the run when a project %s", (_title, existing, message) => {
    const state = stateOf({ members: owner, projects: existing });
    expect(() => plan(state, inProjects)).toThrow(AccessError);
    expect(() => plan(state, inProjects)).toThrow(message);
  });
});
