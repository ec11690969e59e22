import { beforeEach, describe, expect, it } from "vitest";
import { UNKNOWN } from "#components/dynamic/inputs.ts";
import { check } from "#components/langfuse/project-lifecycle.ts";
import type { LangfuseProject } from "#sync/langfuse/answers.ts";
import { freshProcess } from "../answers.ts";
import { inputs, marked } from "./project-server.ts";

beforeEach(freshProcess);

describe("the inputs of a project", () => {
  it.each([
    ["may be unknown in a preview", { ...inputs, organizationId: UNKNOWN }, []],
    ["may keep data for ever", { ...inputs, retentionDays: 0 }, []],
    ["keep data for 3 days at least", { ...inputs, retentionDays: 2 }, ["retentionDays"]],
    ["leave the marker alone", { ...inputs, metadata: { managedBy: "me" } }, ["metadata"]],
    ["need a name of 3 characters", { ...inputs, name: "ab" }, ["name"]],
    ["need organization and marker", { ...inputs, organizationId: "", managedBy: "" }, ["organizationId", "managedBy"]],
  ])("%s", async (_title, news, properties) => {
    expect((await check({}, news)).failures.map((failure) => failure.property)).toEqual(properties);
  });
});

describe("of a new project that may be there already, a preview", () => {
  const wanted = { ...inputs, adopt: "if-exists" as const };
  const told = async (news: typeof wanted, rows: LangfuseProject[], olds: object = {}) => {
    const said: string[] = [];
    const sight = { projects: async () => rows, names: async () => rows };
    const { failures } = await check(olds, news, sight, (line) => said.push(line));
    return [...said, ...failures.map(({ reason }) => `refused: ${reason}`)];
  };
  const there = { id: "p1", name: "Assistant", metadata: { team: "b", theirs: 1 } };
  const elsewhere = { ...there, metadata: { managedBy: "access/prod/project" } };

  it.each<[string, [typeof wanted, LangfuseProject[], object?], string[]]>([
    ["tells that it is made", [wanted, []], ["project Assistant: not there → made"]],
    ["tells that it is taken over", [wanted, [there]], ["project Assistant: there already → taken over"]],
    [
      "tells what in it changes",
      [{ ...wanted, ...{ metadata: { team: "a", theirs: 1, tier: 2 }, retentionDays: 30 } }, [there]],
      ['project Assistant: there already → taken over, team: "b" → "a", tier: not set → 2, its data kept for 30 days'],
    ],
    [
      "tells that an earlier run left it",
      [wanted, [{ ...there, metadata: marked }]],
      ["project Assistant: left by a run that did not end → carried on with"],
    ],
    [
      "ends in the refusal that an update would end in",
      [wanted, [elsewhere]],
      [
        'refused: The project "Assistant" (p1) is managed by access/prod/project. Remove it from there first, or choose another name.',
      ],
    ],
    [
      "tells what the server key alone can see",
      [{ ...wanted, publicKey: UNKNOWN, secretKey: UNKNOWN }, [there]],
      ["project Assistant: there already → taken over, unless another stack manages it"],
    ],
    ["tells nothing of one in an unknown organization", [{ ...wanted, organizationId: UNKNOWN }, [there]], []],
    ["tells nothing of a project of the stack", [wanted, [there], inputs], []],
  ])("%s", async (_title, given, lines) => {
    expect(await told(...given)).toEqual(lines);
  });
});
