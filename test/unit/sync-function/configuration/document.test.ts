import { describe, expect, it } from "vitest";
import { parseDocument } from "#sync/configuration/document-text.ts";
import { readConfiguration } from "#sync/configuration.ts";
import { AccessError } from "#sync/errors.ts";

const keycloak = {
  KEYCLOAK_URL: "https://keycloak.example.com",
  KEYCLOAK_REALM: "company",
  KEYCLOAK_CLIENT_ID: "langfuse-sync",
  KEYCLOAK_CLIENT_SECRET: "very-secret-1",
};
const environment = { ...keycloak, LANGFUSE_URL: "https://langfuse.example.com", SYNC_CONFIG: "/sync/config.json" };
const organization = { id: "o1", publicKeyFile: "keys/public", secretKeyFile: "/keys/secret", rules: [] };
const keys = { "/sync/keys/public": "pk-lf-1\n", "/keys/secret": "very-secret-2\n" };

function read(document: unknown, more: Record<string, string> = {}, files: Record<string, string> = keys) {
  const all: Record<string, string> = { "/sync/config.json": JSON.stringify(document), ...files };
  return readConfiguration({ ...environment, ...more }, (path) => {
    const text = all[path];
    if (text === undefined) throw new Error("ENOENT: no such file or directory");
    return text;
  });
}

function problemsOf(...parameters: Parameters<typeof read>): string[] {
  try {
    read(...parameters);
  } catch (error) {
    if (error instanceof AccessError && error.exitCode === 64) return error.message.split("\n");
    throw error;
  }
  return [];
}

describe("a document", () => {
  it("becomes organizations with rules, keys from files and settings over defaults", () => {
    const { organizations, keycloak: realm } = read({
      defaults: { default: "VIEWER", protect: ["all@example.com"], graceDays: 3 },
      organizations: [
        {
          ...organization,
          name: "Research",
          protect: ["*@research.example.com"],
          graceDays: 0,
          rules: [
            { from: { clientRole: "app/user" }, organization: "MEMBER", when: { emailDomain: ["Example.COM"] } },
            { from: { group: "/a/b" }, projects: { Assistant: "ADMIN" } },
          ],
          preset: "existing-roles",
        },
        { ...organization, id: "o2", langfuseUrl: "https://other.example.com" },
      ],
    });
    expect(realm.clientRoles).toBe(true);
    expect(organizations).toMatchObject([
      {
        name: "Research",
        langfuse: { url: environment.LANGFUSE_URL, publicKey: "pk-lf-1", secretKey: "very-secret-2" },
        rules: {
          organization: "o1",
          fallback: "VIEWER",
          protect: ["all@example.com", "*@research.example.com"],
          graceDays: 0,
          rules: [
            {
              from: { kind: "clientRole", name: "app/user" },
              organization: "MEMBER",
              when: { emailDomain: ["example.com"] },
            },
            {
              from: { kind: "group", path: "/a/b", includeSubgroups: true },
              projects: new Map([["Assistant", "ADMIN"]]),
            },
            { from: { name: "admin" } },
            { from: { name: "operator" } },
            { from: { name: "developer" } },
          ],
        },
      },
      { name: "o2", langfuse: { url: "https://other.example.com" }, rules: { graceDays: 3 } },
    ]);
  });

  it("may have the realm, and keys from variables", () => {
    const { organizations, keycloak: realm } = readConfiguration(
      {
        SYNC_CONFIG: "/sync/config.json",
        LANGFUSE_PUBLIC_KEY: "pk-lf-2",
        KEY: "very-secret-3",
        PROTECTED_MEMBERS: '["a@b.c"]',
      },
      (path) =>
        path === "/sync/config.json"
          ? JSON.stringify({
              keycloak: {
                url: "https://k.example.com",
                realm: "r",
                clientId: "c",
                clientSecretFile: "secret",
                clientRoles: true,
              },
              langfuse: { url: "https://l.example.com" },
              organizations: [{ id: "o1", publicKeyVariable: "LANGFUSE_PUBLIC_KEY", secretKeyVariable: "KEY" }],
            })
          : `content of ${path}`,
    );
    expect(realm).toMatchObject({ realm: "r", clientSecret: "content of /sync/secret", clientRoles: true });
    expect(organizations[0]).toMatchObject({
      langfuse: { url: "https://l.example.com", publicKey: "pk-lf-2", secretKey: "very-secret-3" },
      rules: { protect: ["a@b.c"] },
    });
  });
});

it("one key for two organizations is refused without being shown, unless they are on two servers", () => {
  const configurationOf = (...more: object[]) =>
    readConfiguration(
      {
        SYNC_CONFIG: "/sync.json",
        KEYCLOAK_URL: "https://k.example.com",
        KEYCLOAK_REALM: "r",
        KEYCLOAK_CLIENT_ID: "c",
        KEYCLOAK_CLIENT_SECRET: "s",
        PUBLIC: "pk-lf-1",
        SECRET: "sk-lf-hidden",
      },
      () =>
        JSON.stringify({
          langfuse: { url: "https://l.example.com" },
          organizations: more.map((one, index) => ({
            id: `o${index}`,
            publicKeyVariable: "PUBLIC",
            secretKeyVariable: "SECRET",
            rules: [],
            ...one,
          })),
        }),
    );
  expect(() => configurationOf({}, { name: "Second" })).toThrow(
    'the organizations "o0" and "Second" have the same secret key, which is of one of them; give each its own',
  );
  expect(() => configurationOf({}, {})).not.toThrow("sk-lf-hidden");
  expect(configurationOf({}, { langfuseUrl: "https://other.example.com" }).organizations).toHaveLength(2);
});

describe("problems of a document", () => {
  const problemsWithRule = (rule: unknown) => {
    const parsed = parseDocument(JSON.stringify({ organizations: [{ ...organization, rules: [rule] }] }));
    return "problems" in parsed ? parsed.problems : [];
  };
  it.each<[string, unknown, string]>([
    [
      "an unknown option",
      { from: { realmRol: "a" }, organization: "ADMIN" },
      'from.realmRol is no option (did you mean "realmRole"?)',
    ],
    [
      "a role that does not exist",
      { from: { realmRole: "a" }, organization: "ADMN" },
      'organization is "ADMN" (did you mean "ADMIN"?)',
    ],
    [
      "a project role that does not exist",
      { from: { realmRole: "a" }, projects: { p: "admin" } },
      'projects.p is "admin" (did you mean "ADMIN"?)',
    ],
    [
      "two sources",
      { from: { realmRole: "a", group: "/g" }, organization: "ADMIN" },
      "exactly one of realmRole, clientRole and group",
    ],
    ["no source", { from: {}, organization: "ADMIN" }, "exactly one of"],
    ["a group that is no path", { from: { group: "research" }, organization: "ADMIN" }, "is no full path of a group"],
    ["a client role without client", { from: { clientRole: "user" }, organization: "ADMIN" }, "write client/role"],
    ["nothing to give", { from: { realmRole: "a" } }, "gives nothing; set organization or projects"],
    [
      "a domain with an @",
      { from: { realmRole: "a" }, organization: "ADMIN", when: { emailDomain: ["@b.c"] } },
      "is no domain",
    ],
    ["no from", { organization: "ADMIN" }, "rules[0].from is not set"],
    [
      "another type",
      { from: { realmRole: 1 }, organization: "ADMIN" },
      "from.realmRole is of another type than string",
    ],
  ])("name %s", (_title, rule, message) => {
    expect(problemsWithRule(rule).join("\n")).toContain(message);
  });

  it("are reported together with those of the environment, one line each", () => {
    const problems = problemsOf(
      {
        organizations: [
          { ...organization, secretKeyFile: "missing" },
          { ...organization, publicKeyFile: undefined },
        ],
      },
      { LOG_LEVEL: "inof", ROLE_MAPPING: "{}", SHARDS: "2", JOB_COMPLETION_INDEX: "2" },
    );
    expect(problems).toEqual([
      "ROLE_MAPPING is set beside SYNC_CONFIG, which says that for every organization; keep one of them",
      'LOG_LEVEL is "inof" (did you mean "info"?); use one of fatal, error, warn, info, debug, trace, silent',
    ]);
    expect(
      problemsOf({
        organizations: [
          { ...organization, secretKeyFile: "missing" },
          { ...organization, publicKeyFile: undefined },
        ],
      }),
    ).toEqual([
      'SYNC_CONFIG "/sync/config.json": organizations has the id "o1" more than once; keep one',
      expect.stringContaining('organizations[0].secretKeyFile is "/sync/missing", which cannot be read'),
      'SYNC_CONFIG "/sync/config.json": organizations[1] has no publicKey; set publicKeyFile',
    ]);
  });

  it.each<[string, unknown, Record<string, string>, string]>([
    ["no organization", { organizations: [] }, {}, "organizations is empty; name an organization"],
    [
      "the realm in both places",
      { keycloak: { realm: "r" }, organizations: [organization] },
      {},
      "KEYCLOAK_REALM is set and SYNC_CONFIG",
    ],
    [
      "a shard that does not exist",
      { organizations: [organization] },
      { SHARDS: "2", JOB_COMPLETION_INDEX: "2" },
      "JOB_COMPLETION_INDEX is 2, but SHARDS is 2",
    ],
    [
      "a switch that is neither",
      { organizations: [organization] },
      { KEYCLOAK_CLIENT_ROLES: "yes" },
      'KEYCLOAK_CLIENT_ROLES is "yes"; use true or false',
    ],
  ])("name %s", (_title, document, more, message) => {
    expect(problemsOf(document, more).join("\n")).toContain(message);
  });

  it("name a file that cannot be read, or is no JSON", () => {
    expect(problemsOf({}, { SYNC_CONFIG: "/nowhere.json" })).toEqual([
      expect.stringContaining('SYNC_CONFIG is "/nowhere.json", which cannot be read'),
    ]);
    const parsed = parseDocument("{");
    expect("problems" in parsed && parsed.problems[0]).toContain("is not JSON");
  });
});
