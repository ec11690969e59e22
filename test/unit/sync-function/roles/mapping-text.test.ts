import { describe, expect, it } from "vitest";
import { parseRoleMapping } from "#sync/roles/mapping-text.ts";
import { PRESETS } from "#sync/roles/preset.ts";

const problemsOf = (text: string): readonly string[] => {
  const parsed = parseRoleMapping(text);
  return "problems" in parsed ? parsed.problems : [];
};

describe("a mapping", () => {
  it("keeps its order, which is its precedence", () => {
    expect(parseRoleMapping('{"viewers":"VIEWER","default":"NONE","admins":"ADMIN"}')).toEqual({
      rules: [
        { from: { kind: "realmRole", name: "viewers" }, organization: "VIEWER", projects: new Map() },
        { from: { kind: "realmRole", name: "admins" }, organization: "ADMIN", projects: new Map() },
      ],
      fallback: "NONE",
    });
  });

  it("may be a preset, by its name", () => {
    expect(parseRoleMapping(" existing-roles\n")).toEqual({ rules: PRESETS["existing-roles"], fallback: "NONE" });
    expect(problemsOf("existing-role")).toEqual([expect.stringContaining("or existing-roles")]);
  });

  it("gives NONE to people without a mapped role unless it says otherwise", () => {
    expect(parseRoleMapping('{"admins":"ADMIN"}')).toMatchObject({ fallback: "NONE" });
  });

  it.each([
    [
      "a role Langfuse does not have",
      '{"a":"ADMN"}',
      'gives "a" the role "ADMN", which Langfuse does not have (did you mean "ADMIN"?)',
    ],
    ["a role in lower case", '{"a":"viewer"}', 'did you mean "VIEWER"?'],
    ["a role that is no text", '{"a":1}', 'gives "a" the role 1'],
    ["a repeated key", '{"a":"ADMIN","b":"VIEWER","a":"NONE"}', 'has the key "a" more than once'],
    ["a repeated key in another spelling", '{"a":"ADMIN","\\u0061":"NONE"}', 'has the key "a" more than once'],
    ["a key that is a number", '{"z":"ADMIN","7":"VIEWER"}', 'has the key "7"'],
    ["an empty key", '{"":"ADMIN"}', "has an empty key"],
    ["a list", '["a"]', "not a JSON object"],
    ["broken JSON", '{"a":', "is not JSON"],
    ["no rule", '{"default":"VIEWER"}', "names no realm role"],
  ])("with %s is refused", (_title, text, message) => {
    expect(problemsOf(text).join("\n")).toContain(message);
  });

  it("accepts keys and values that look like JSON inside", () => {
    expect(parseRoleMapping('{"a\\": \\"b":"ADMIN", "__proto__":"VIEWER"}')).toMatchObject({
      rules: [{ from: { name: 'a": "b' } }, { from: { name: "__proto__" } }],
    });
  });
});
