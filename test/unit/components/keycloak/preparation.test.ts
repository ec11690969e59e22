import { describe, expect, it } from "vitest";
import { prepareKeycloak } from "#components/keycloak/preparation.ts";
import { gateSettingsSchema } from "#sync/gate/settings.ts";
import { fakeApi } from "./admin-api-fake.ts";

const needed = ["conditional-client-scope", "conditional-user-role", "deny-access-authenticator"];

/** A realm with one role, `employee`, and whoever holds it. */
const answers = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  "GET /company": {
    browserFlow: "browser",
    registrationFlow: "registration",
    directGrantFlow: "direct grant",
    resetCredentialsFlow: "reset credentials",
    registrationAllowed: true,
  },
  "GET /company/authentication/authenticator-providers": needed.map((id) => ({ id })),
  "GET /company/clients": [{ id: "c1", clientId: "langfuse" }],
  "GET /company/client-scopes": [],
  "GET /company/authentication/flows": [{ id: "f1", alias: "browser", builtIn: true }],
  "GET /company/authentication/flows/browser/executions": [
    { level: 0, requirement: "REQUIRED", providerId: "auth-username-password-form" },
  ],
  "GET /company/identity-provider/instances": [],
  "GET /company/roles": [{ id: "r1", name: "employee" }],
  "GET /company/roles/employee": { name: "employee" },
  "GET /company/roles/employee/users": [],
  "GET /company/roles/employee/groups": [],
  "GET /company/default-default-client-scopes": [],
  "GET /company/default-optional-client-scopes": [],
  "GET /company/client-policies/profiles": { profiles: [] },
  "GET /company/authentication/config-description/reset-credential-email": { properties: [] },
  ...changes,
});

const prepare = (gate: object, changes: Record<string, unknown> = {}, hasBreakGlass = false, version = "26.7.5") =>
  prepareKeycloak(
    { ...fakeApi((call) => answers(changes)[call]), version: async () => version },
    {
      keycloak: { realm: "company", langfuseClient: "langfuse" } as never,
      gate: gateSettingsSchema.parse(gate),
      roles: [{ name: "langfuse-admin", grants: "ADMIN" }],
      owner: "access/dev",
      hasBreakGlass,
    },
  );
const adopting = { role: "employee", adoptRole: true };

describe("a gate that nobody could pass", () => {
  it("is refused before anything is changed, with three ways out", async () => {
    await expect(prepare({})).rejects.toThrow(
      'Nobody who can sign in holds "langfuse-access" or "langfuse-admin", so the login gate would lock everybody out of Langfuse: assign a role, declare an OWNER in langfuse.members who signs in without Keycloak, or set gate.allowEmpty to true for the first run.',
    );
  });

  it("is named after what is wrong with the realm itself, whichever answer comes first", async () => {
    const withoutClient = { "GET /company/clients": [] };
    await expect(prepare({}, withoutClient)).rejects.toThrow('no client "langfuse"');
    const withoutCondition = { ...withoutClient, "GET /company/authentication/authenticator-providers": [] };
    await expect(prepare({}, withoutCondition)).rejects.toThrow('no authenticator "conditional-client-scope"');
  });

  it("is made when somebody gets in without Keycloak, or when it is wanted so", async () => {
    expect((await prepare({}, {}, true)).gatePlan).toBeDefined();
    expect((await prepare({ allowEmpty: true })).gatePlan).toBeDefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ["nobody", {}],
    ["a disabled person", { "GET /company/roles/employee/users": [{ enabled: false }] }],
    [
      "an empty group with a disabled member in a group below",
      {
        "GET /company/roles/employee/groups": [{ id: "g1" }],
        "GET /company/groups/g1/members": [],
        "GET /company/groups/g1/children": [{ id: "g2" }],
        "GET /company/groups/g2/members": [{ enabled: false }],
        "GET /company/groups/g2/children": [],
      },
    ],
  ])("is refused when its adopted role is held by %s", async (_title, changes) => {
    await expect(prepare(adopting, changes)).rejects.toThrow('Nobody who can sign in holds "employee"');
  });

  it.each<[string, Record<string, unknown>]>([
    ["a person", { "GET /company/roles/employee/users": [{ enabled: false }, { enabled: true }] }],
    [
      "a member of a group below",
      {
        "GET /company/roles/employee/groups": [{ id: "g1" }],
        "GET /company/groups/g1/members": [],
        "GET /company/groups/g1/children": [{ id: "g2" }],
        "GET /company/groups/g2/members": [{ enabled: true }],
      },
    ],
    [
      "a person by a composite",
      {
        "GET /company/roles": [
          { id: "r1", name: "employee" },
          { id: "r2", name: "lead", composite: true },
        ],
        "GET /company/roles-by-id/r2/composites": [{ name: "employee" }],
        "GET /company/roles/lead/users": [{ enabled: true }],
      },
    ],
  ])("is no such gate when its role is held by %s", async (_title, changes) => {
    expect((await prepare(adopting, changes)).gatePlan).toBeDefined();
  });
});

it("a server with known defects is told of before anything is changed", async () => {
  const { warnings } = await prepare({ allowEmpty: true }, {}, false, "26.1.0");
  expect(warnings[0]).toMatch(/^Keycloak 26\.1\.0 has known defects .*: update to 26\.7\.3 or newer/);
});

it("ways round the gate are told before anything is changed", async () => {
  const { warnings } = await prepare({ allowEmpty: true });
  expect(warnings).toEqual([expect.stringContaining("people may register themselves")]);
});
