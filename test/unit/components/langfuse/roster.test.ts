import { describe, expect, it } from "vitest";
import { check, diff, type RosterInputs } from "#components/langfuse/roster-lifecycle.ts";

const roster: RosterInputs = {
  organizationId: "o-roster",
  members: { "ann@example.com": "OWNER", "bob@example.com": "MEMBER" },
  projects: { Staging: "Pre-production" },
  services: { "chat-production": "chat in production" },
  isRetained: false,
};
const empty = { ...roster, members: {}, projects: {}, services: {} };

describe("a roster says what no other resource is asked in a preview:", () => {
  it.each<[string, Partial<RosterInputs>, RosterInputs, string[]]>([
    ["nothing at first", {}, roster, []],
    ["nothing when all is as before", roster, roster, []],
    ["nothing of another role or title, which the resource itself tells", roster, changed(), []],
    [
      "who is declared no more, and what",
      roster,
      { ...empty, members: { "ann@example.com": "OWNER" } },
      [
        "bob@example.com: MEMBER → removed from o-roster",
        "project Pre-production → deleted with all its data",
        "chat in production: all its pairs end",
      ],
    ],
    [
      "that a project stays where it is retained",
      roster,
      { ...roster, projects: {}, isRetained: true },
      ["project Pre-production → kept in Langfuse, and managed no more"],
    ],
    [
      "who is new",
      { ...roster, members: { "ann@example.com": "OWNER" } },
      roster,
      ["bob@example.com: not declared → MEMBER in o-roster"],
    ],
    [
      "nothing of who is new but may be there already, which their own resource tells",
      { ...roster, members: {} },
      { ...roster, isAdopting: true },
      [],
    ],
    ["nothing of another organization, in which everything is new", roster, { ...empty, organizationId: "o2" }, []],
  ])("%s", (_title, olds, news, lines) => {
    const said: string[] = [];
    expect(check(olds, news, (line) => said.push(line))).toEqual({ inputs: news, failures: [] });
    expect(said).toEqual(lines);
  });

  it("and is no change itself", () => {
    expect(diff()).toEqual({ changes: false });
  });
});

function changed(): RosterInputs {
  return { ...roster, members: { ...roster.members, "bob@example.com": "ADMIN" }, projects: { Staging: "Other" } };
}
