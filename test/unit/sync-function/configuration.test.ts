import { describe, expect, it } from "vitest";
import { readConfiguration } from "#sync/configuration.ts";
import { AccessError } from "#sync/errors.ts";

const complete = {
  KEYCLOAK_URL: "https://keycloak.example.com/auth",
  KEYCLOAK_REALM: "company",
  KEYCLOAK_CLIENT_ID: "langfuse-sync",
  KEYCLOAK_CLIENT_SECRET: "very-secret-1",
  LANGFUSE_URL: "https://langfuse.example.com",
  LANGFUSE_ORG_ID: "organization-1",
  LANGFUSE_PUBLIC_KEY: "pk-lf-1",
  LANGFUSE_SECRET_KEY: "very-secret-2",
  ROLE_MAPPING: '{"langfuse-admin":"ADMIN","default":"VIEWER"}',
};

function problemsOf(environment: Record<string, string | undefined>, files: Record<string, string> = {}): string {
  try {
    readConfiguration(environment, reader(files));
  } catch (error) {
    if (error instanceof AccessError && error.exitCode === 64) return error.message;
    throw error;
  }
  return "";
}

const reader = (files: Record<string, string>) => (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error("ENOENT: no such file or directory");
  return text;
};

it("a complete environment becomes one value", () => {
  expect(readConfiguration({ ...complete, PROTECTED_MEMBERS: '["Owner@Example.com"]' })).toMatchObject({
    keycloak: {
      url: complete.KEYCLOAK_URL,
      realm: "company",
      clientId: "langfuse-sync",
      clientSecret: "very-secret-1",
      clientRoles: false,
    },
    organizations: [
      {
        name: "organization-1",
        langfuse: { url: complete.LANGFUSE_URL, publicKey: "pk-lf-1", secretKey: "very-secret-2" },
        rules: {
          organization: "organization-1",
          rules: [{ from: { kind: "realmRole", name: "langfuse-admin" }, organization: "ADMIN", projects: new Map() }],
          fallback: "VIEWER",
          protect: ["owner@example.com"],
          ignore: [],
          unmatched: "keep",
          unmatchedScope: "all",
          graceDays: 7,
          provision: false,
        },
      },
    ],
    shard: { index: 0, of: 1 },
    logLevel: "info",
  });
});

describe("a value in a file", () => {
  const { LANGFUSE_SECRET_KEY: _, ...rest } = complete;
  it("is read without the end of its line", () => {
    const read = reader({ "/secrets/key": "from file \r\n" });
    const { organizations } = readConfiguration({ ...rest, LANGFUSE_SECRET_KEY_FILE: "/secrets/key" }, read);
    expect(organizations[0]?.langfuse.secretKey).toBe("from file ");
  });
  it.each([
    ["is missing", {}, 'LANGFUSE_SECRET_KEY_FILE is "/secrets/key", which cannot be read'],
    ["is empty", { "/secrets/key": "\n" }, 'LANGFUSE_SECRET_KEY_FILE is "/secrets/key", which is empty'],
  ])("that %s is one problem", (_title, files, message) => {
    const problems = problemsOf({ ...rest, LANGFUSE_SECRET_KEY_FILE: "/secrets/key" }, files);
    expect(problems).toContain(message);
    expect(problems.split("\n")).toHaveLength(1);
  });
  it("beside the value itself is one problem, which shows neither", () => {
    const problems = problemsOf(
      { ...complete, LANGFUSE_SECRET_KEY_FILE: "/secrets/key" },
      { "/secrets/key": "hidden" },
    );
    expect(problems).toBe("LANGFUSE_SECRET_KEY and LANGFUSE_SECRET_KEY_FILE are both set; keep one of them");
  });
});

describe("problems", () => {
  it("are reported together, one line each, and hold no secret", () => {
    const problems = problemsOf({
      ...complete,
      KEYCLOAK_URL: "keycloak",
      LANGFUSE_URL: "https://admin:very-secret-3@langfuse",
      LANGFUSE_ORG_ID: "",
      ROLE_MAPPING: '{"a":"ADMN","b":"VIEWR"}',
      PROTECTED_MEMBERS: "me",
      LOG_LEVEL: "inof",
    });
    expect(problems.split("\n")).toEqual([
      'KEYCLOAK_URL is "keycloak"; write http:// or https://, a host and at most a path',
      "LANGFUSE_URL is an address with a user name; write http:// or https://, a host and at most a path",
      "LANGFUSE_ORG_ID is not set; set it to the id of the organization, or LANGFUSE_ORG_ID_FILE to a file that holds it",
      expect.stringContaining('ROLE_MAPPING gives "a" the role "ADMN"'),
      expect.stringContaining('ROLE_MAPPING gives "b" the role "VIEWR"'),
      'PROTECTED_MEMBERS is me; write a JSON array of e-mail addresses, such as ["owner@example.com"]',
      'LOG_LEVEL is "inof" (did you mean "info"?); use one of fatal, error, warn, info, debug, trace, silent',
    ]);
    expect(problems).not.toContain("very-secret");
  });

  it("of an empty environment name every variable that is needed", () => {
    expect(
      problemsOf({})
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(Object.keys(complete));
  });
});
