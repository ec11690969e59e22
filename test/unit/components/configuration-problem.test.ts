import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfiguration, settingNames } from "#components/configuration.ts";
import { requiredSecrets, secretNames } from "#components/schema.ts";
import { AccessError } from "#sync/errors.ts";
import { changedValues } from "./settings.ts";

const parse = (values: Record<string, string>) => parseConfiguration("langfuse-access", values);

/** The lines of the refusal, without the heading. */
function problemsOf(values: Record<string, string>): string[] {
  try {
    parse(values);
  } catch (error) {
    if (!(error instanceof AccessError) || error.kind !== "usage") throw error;
    expect(error.message).not.toContain("hidden");
    return error.message.split("\n  - ").slice(1);
  }
  return [];
}

const roles = "use one of OWNER, ADMIN, MEMBER, VIEWER, NONE";
const address = "use http:// or https://, a host and at most a path";

describe("a problem is told in one line:", () => {
  it.each<[string, string, unknown, string]>([
    [
      "an object that is missing",
      "langfuse",
      undefined,
      "langfuse is missing: use an object with url, internalUrl, manage, organization, project, projects, members, services, organizationKey, adopt, authority, approvedRemovals, server, deletionPolicy",
    ],
    ["a list that is missing", "roles", undefined, "roles is missing: use a list"],
    ["a text that is missing", "keycloak.realm", undefined, "keycloak.realm is missing: use a text"],
    ["an address that is missing", "keycloak.url", undefined, "keycloak.url is missing: use a text"],
    [
      "a text where an object belongs",
      "keycloak",
      "https://keycloak",
      'keycloak is "https://keycloak": use an object with url, internalUrl, realm, langfuseClient, admin',
    ],
    [
      "nothing behind a key",
      "gate",
      "null",
      "gate is empty: use an object with enabled, role, adoptRole, scope, flow, flowToCopy, generation, binding, acceptedBypasses, forceLoginAfterReset, allowEmpty, denyMessage, others",
    ],
    [
      "a list where an object belongs",
      "sync",
      [1],
      "sync is a list: use an object with clientId, schedule, image, imagePullPolicy, memory, suspend, doctor, metrics, alerts, dashboard, webhook, networkPolicy, shards, parallelism, stateVolumeClaim, clientRoles, defaultRole, preset, rules, protect, ignore, unmatched, unmatchedScope, graceDays, provision, guards, organizations",
    ],
    ["a number where a text belongs", "sync.image", 24, "sync.image is 24: use a text"],
    ["a text where a boolean belongs", "protect", "yes", 'protect is "yes": use true or false'],
    [
      "nothing that gives anybody a role",
      "roles",
      [{ name: "langfuse-user" }],
      "sync gives nobody a role: set roles, sync.rules or sync.preset",
    ],
    ["an empty text", "keycloak.realm", "", "keycloak.realm is an empty text: use at least 1 character"],
    [
      "a name that is too short",
      "langfuse.organization.name",
      "ab",
      'langfuse.organization.name is "ab": use at least 3 characters',
    ],
    ["a misspelt role", "sync.defaultRole", "VIEWR", `sync.defaultRole is "VIEWR": ${roles} (did you mean "VIEWER"?)`],
    ["a role in a list", "roles", [{ name: "a", grants: 1 }], `roles.0.grants is 1: ${roles}`],
    [
      "a role name with a dot",
      "gate.role",
      "a.b",
      'gate.role is "a.b": use a name with a letter in it and without dots, slashes and blanks',
    ],
    [
      "an alias with blanks",
      "gate.flow",
      "My Flow",
      'gate.flow is "My Flow": use at most 60 lower-case letters, digits and dashes',
    ],
    ["an address without scheme", "langfuse.url", "langfuse:3000", `langfuse.url is "langfuse:3000": ${address}`],
    [
      "an address with a password",
      "langfuse.url",
      "https://me:hidden@langfuse",
      `langfuse.url is an address with a password: ${address}`,
    ],
    [
      "an address with a query",
      "langfuse.url",
      "https://langfuse?a",
      `langfuse.url is "https://langfuse?a": ${address}`,
    ],
    [
      "an e-mail address without host",
      "langfuse.members",
      [{ email: "ann", role: "OWNER" }],
      'langfuse.members.0.email is "ann": use an e-mail address',
    ],
    ["a namespace that is no label", "kubernetes.namespace", "-x", 'kubernetes.namespace is "-x": use a DNS label'],
    [
      "a schedule of four fields",
      "sync.schedule",
      "*/5 * * *",
      'sync.schedule is "*/5 * * *": use five fields, such as "*/5 * * * *", or a name, such as "@hourly"',
    ],
    [
      "a secret in a place for something else",
      "keycloak.admin.username",
      { password: "hidden" },
      "keycloak.admin.username is an object: use a text",
    ],
    ["an unknown key at the top", "kubernets", {}, 'kubernets is not a known key: did you mean "kubernetes"?'],
    [
      "an unknown key like no other",
      "flavour",
      "hidden",
      "flavour is not a known key: use one of keycloak, roles, gate, langfuse, kubernetes, sync, proxy, protect, keycloakAdminSecret, langfuseAdminApiKey, langfuseOrganizationPublicKey, langfuseOrganizationSecretKey, langfuseClientSecret, langfuseInitUserPassword, langfuseInitProjectSecretKey, pushgatewayPassword",
    ],
    ["an unknown key inside", "keycloak.relm", "hidden", 'keycloak.relm is not a known key: did you mean "realm"?'],
    [
      "an unknown key deep inside",
      "keycloak.admin.password",
      "hidden",
      "keycloak.admin.password is not a known key: use one of realm, clientId, username",
    ],
    [
      "an unknown key in a list",
      "langfuse.members",
      [{ mail: "a@example.com", email: "a@example.com", role: "NONE" }],
      'langfuse.members.0.mail is not a known key: did you mean "email"?',
    ],
    [
      "a role that is named twice",
      "roles",
      [
        { name: "a", grants: "ADMIN" },
        { name: "a", grants: "NONE" },
      ],
      'roles names "a" twice: keep the entry that should win',
    ],
    [
      "the role of the gate among the others",
      "gate.role",
      "langfuse-admin",
      'gate.role "langfuse-admin" is also one of roles: give the gate a role of its own',
    ],
    [
      "a person who is named twice",
      "langfuse.members",
      [
        { email: "a@example.com", role: "OWNER" },
        { email: "A@example.com", role: "NONE" },
      ],
      'langfuse.members names "a@example.com" twice: keep one role',
    ],
    [
      "a name that Langfuse takes for markup",
      "langfuse.organization.name",
      "Company <b>",
      'langfuse.organization.name is "Company <b>": leave out what is in angle brackets',
    ],
    [
      "a project with the key of another",
      "langfuse.projects",
      [
        { key: "Staging", name: "Pre-production" },
        { key: "Staging", name: "Testing" },
      ],
      'langfuse.projects has the key "Staging" twice: give each a key of its own, without one the name counts',
    ],
    [
      "services whose names and environments make one key",
      "langfuse.services",
      [
        { name: "a-b", environment: "c" },
        { name: "a", environment: "b-c" },
      ],
      'langfuse.services has the key "a-b-c" twice (name and environment, joined by a dash): give one of them a `key` of its own',
    ],
    [
      "services that share a Secret",
      "langfuse.services",
      [
        { name: "a", secretName: "shared" },
        { name: "b", secretName: "shared", namespace: "langfuse-access" },
        { name: "c", secretName: "shared", namespace: "other" },
      ],
      "langfuse.services puts two keys into the Secret langfuse-access/shared: give them different secretNames",
    ],
    [
      "a service that takes a Secret of the program",
      "langfuse.services",
      [{ name: "a", secretName: "langfuse-secrets" }],
      "langfuse.services puts a key into the Secret langfuse-access/langfuse-secrets, which this program needs itself: use another secretName",
    ],
    [
      "a flow of the server's own",
      "gate.flow",
      "browser",
      'gate.flow "browser" is a flow that exists already: give the copy a name of its own',
    ],
    [
      "the copied flow as the copy",
      "gate",
      { flow: "mine", flowToCopy: "mine" },
      'gate.flow "mine" is a flow that exists already: give the copy a name of its own',
    ],
    [
      "a proxy before no other address",
      "proxy.enabled",
      true,
      "proxy.enabled needs an address of Langfuse behind the proxy, since langfuse.url is to lead to the proxy: set langfuse.internalUrl to that of Langfuse's Service",
    ],
    [
      "Langfuse's client for the sync",
      "sync.clientId",
      "langfuse",
      'sync.clientId "langfuse" is a client that exists already: give the sync one of its own',
    ],
  ])("%s", (_title, path, value, expected) => {
    expect(problemsOf(changedValues(path, value))).toEqual([`langfuse-access:${expected}`]);
  });

  it.each(requiredSecrets)("the secret %s is missing", (name) => {
    expect(problemsOf(changedValues(name, undefined))).toEqual([
      `langfuse-access:${name} is missing: run \`pulumi config set --secret langfuse-access:${name}\``,
    ]);
  });
});

describe("problems", () => {
  it("are told all at once", () => {
    const values = {
      ...changedValues("keycloak.url", "x"),
      kubernets: "{}",
      protect: "maybe",
      langfuseAdminApiKey: "",
    };
    expect(problemsOf(values).map((line) => line.split(" ")[0])).toEqual([
      "langfuse-access:kubernets",
      "langfuse-access:langfuseAdminApiKey",
      "langfuse-access:keycloak.url",
      "langfuse-access:protect",
    ]);
  });

  it("of an empty configuration name everything that is required", () => {
    expect(problemsOf({}).map((line) => line.split(/[: ]/)[1])).toEqual([
      ...requiredSecrets,
      "langfuseAdminApiKey",
      "keycloak",
      "roles",
      "langfuse",
    ]);
  });

  it("are all that anything at all can lead to", () => {
    const known = fc.constantFrom(...settingNames, ...secretNames);
    const key = fc.oneof(known, fc.string());
    const values = fc.dictionary(key, fc.oneof(fc.json(), fc.string()), { maxKeys: 8 });
    fc.assert(
      fc.property(values, (random) => {
        try {
          parse(random);
        } catch (error) {
          expect(error).toMatchObject({ name: "AccessError", kind: "usage" });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are all that a change of one key can lead to", () => {
    const paths = ["keycloak", "keycloak.url", "keycloak.admin", "roles", "gate.flow", "langfuse.members", "sync"];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        try {
          parse(changedValues(path, value));
        } catch (error) {
          expect(error).toMatchObject({ name: "AccessError", kind: "usage" });
        }
      }),
      { numRuns: 300 },
    );
  });
});
