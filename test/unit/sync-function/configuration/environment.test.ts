import { describe, expect, it } from "vitest";
import { type Environment, VariableReader } from "#sync/configuration/environment.ts";
import { AccessError } from "#sync/errors.ts";

const files: Readonly<Record<string, string>> = { "/run/key": "from a file\n" };
const reader = (environment: Environment) =>
  new VariableReader(environment, (path) => {
    const text = files[path];
    if (text === undefined) throw new Error("no such file");
    return text;
  });

function problemsOf(variables: VariableReader): string[] {
  try {
    variables.finish();
    return [];
  } catch (error) {
    expect(error).toMatchObject({ name: "AccessError", kind: "usage" });
    return error instanceof AccessError ? error.message.split("\n") : [];
  }
}

describe("the variables of a command", () => {
  it("come as they are, from a file, or under the first name that is set", () => {
    const variables = reader({ KEY_FILE: "/run/key", HOST: "https://b.example.com/", OTHER: "" });
    expect(variables.required(["KEY"], "a key")).toBe("from a file");
    expect(variables.address(["BASE_URL", "HOST"], "an address")).toBe("https://b.example.com");
    expect(variables.optional("OTHER")).toBeUndefined();
    expect(problemsOf(variables)).toEqual([]);
  });

  it("are all told at once when they are wrong", () => {
    const variables = reader({ KEY: "a", KEY_FILE: "/run/key", SECRET_FILE: "/nowhere" });
    variables.required(["KEY"], "a key");
    variables.required(["SECRET"], "a secret");
    variables.address(["BASE_URL", "HOST"], "an address");
    variables.reject("nothing is expected");
    expect(problemsOf(variables)).toEqual([
      "KEY and KEY_FILE are both set; keep one of them",
      'SECRET_FILE is "/nowhere", which cannot be read (no such file); mount it, or correct the path',
      "BASE_URL or HOST is not set; set it to an address, or BASE_URL_FILE to a file that holds it",
      "nothing is expected",
    ]);
  });

  it.each(["langfuse", "ftp://a.example.com", "https://ann:hidden@a.example.com"])(
    "are refused with an address that is none, without showing it: %s",
    (address) => {
      const variables = reader({ HOST: address });
      variables.address(["HOST"], "an address");
      expect(problemsOf(variables)).toEqual([expect.stringMatching(/^HOST is no plain address; write http/)]);
      expect(problemsOf(variables).join()).not.toContain("hidden");
    },
  );
});
