import { describe, expect, it } from "vitest";
import { objectionToScope } from "#sync/langfuse/key-scope.ts";

const scope = { projectId: "p1", projectName: "Assistant", organizationId: "o1" };

describe("a key", () => {
  it.each([
    ["of the project", { projectId: "p1" }],
    ["of the organization", { organizationId: "o1" }],
    ["of both", { projectId: "p1", organizationId: "o1" }],
    ["of anything, where nothing is expected", {}],
  ])("%s may be used", (_title, expected) => {
    expect(objectionToScope(scope, expected)).toBeUndefined();
  });

  it.each([
    ["another project", { projectId: "p2" }, /is of project "Assistant" \(p1\), and not of project p2; put/],
    ["the name instead of the id", { projectId: "Assistant" }, /not of project Assistant/],
    [
      "another organization",
      { projectId: "p1", organizationId: "o2" },
      /in organization o1, and not in organization o2; put/,
    ],
  ])("must not be used for %s", (_title, expected, message) => {
    expect(objectionToScope(scope, expected)).toMatch(message);
  });
});
