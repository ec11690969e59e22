import { describe, expect, it } from "vitest";
import { parseEvent } from "#sync/webhook/event.ts";
import { hintOf } from "#sync/webhook/hint.ts";

const ID = "7f7d3c0a-0b5e-4a5e-9a2c-5d1f3b1f7a11";
const ADMIN = { realmId: "master", clientId: "console", userId: "the-administrator" };

/** How each plugin tells of an administrator's change. */
const DIALECTS = {
  "ext-event-webhook": (resource: string, operation: string, resourcePath: string) => ({
    uid: "u-1",
    time: 5,
    realmId: "4be4",
    realmName: "company",
    type: `admin.${resource}-${operation}`,
    authDetails: ADMIN,
    resourceType: resource,
    operationType: operation,
    resourcePath,
    representation: '[{"name":"langfuse-admin"}]',
    details: { userId: ID, username: "dora" },
  }),
  "ext-event-http": (resource: string, operation: string, resourcePath: string) => ({
    time: 5,
    realmId: "4be4",
    authDetails: ADMIN,
    resourceType: resource,
    operationType: operation,
    resourcePath,
  }),
  "webhook-http": (resource: string, operation: string, resourcePath: string) => ({
    id: "v-1",
    time: 5,
    realmId: "4be4",
    type: `${resource}-${operation}`,
    userId: "the-administrator",
    resourcePath,
  }),
};

const hint = (body: unknown) => {
  const event = parseEvent(body);
  return event && hintOf(event);
};
const person = { kind: "people", ids: [ID], emails: [], isLikely: true };
const themselves = { ...person, isLikely: false };
const everybody = { kind: "everybody" };

describe.each(Object.entries(DIALECTS))("an administrator's change as %s tells it", (_plugin, body) => {
  it.each([
    ["REALM_ROLE_MAPPING", "CREATE", `users/${ID}/role-mappings/realm`, person],
    ["REALM_ROLE_MAPPING", "DELETE", `users/${ID}/role-mappings/realm`, person],
    ["CLIENT_ROLE_MAPPING", "CREATE", `users/${ID}/role-mappings/clients/c`, person],
    ["GROUP_MEMBERSHIP", "CREATE", `users/${ID}/groups/g`, person],
    ["ORGANIZATION_MEMBERSHIP", "DELETE", `organizations/o/members/${ID}`, person],
    ["USER", "CREATE", `users/${ID}`, person],
    ["USER", "UPDATE", `users/${ID}`, person],
    ["USER", "DELETE", `users/${ID}`, person],
    ["USER", "ACTION", `users/${ID}/reset-password`, undefined],
    ["REALM_ROLE_MAPPING", "CREATE", "groups/g/role-mappings/realm", everybody],
    ["CLIENT_ROLE_MAPPING", "DELETE", "groups/g/role-mappings/clients/c", everybody],
    ["GROUP", "DELETE", "groups/g", everybody],
    ["GROUP", "UPDATE", "groups/g/children", everybody],
    ["GROUP", "CREATE", "default-groups/g", everybody],
    ["REALM_ROLE", "CREATE", "roles-by-id/r/composites", everybody],
    ["CLIENT_ROLE", "UPDATE", "clients/c/roles/r", everybody],
    ["REALM", "UPDATE", "", everybody],
    ["COMPONENT", "CREATE", "components/c", everybody],
    ["IDENTITY_PROVIDER_MAPPER", "UPDATE", "identity-provider/instances/i/mappers/m", everybody],
    ["REALM", "ACTION", "user-storage/s/sync", everybody],
    ["CLIENT", "DELETE", "clients/c", everybody],
    ["CLIENT", "UPDATE", "clients/c", undefined],
    ["AUTH_FLOW", "UPDATE", "authentication/flows/f", undefined],
  ])("%s %s of %s", (resource, operation, path, expected) => {
    expect(hint(body(resource, operation, path))).toEqual(expected);
  });
});

describe("what a person does", () => {
  const forms = (name: string, details = {}) => [
    { type: `access.${name}`, realmName: "company", authDetails: { userId: ID }, details },
    { type: name, realmId: "4be4", userId: ID, details },
  ];

  it.each(["LOGIN", "REGISTER", "VERIFY_EMAIL", "DELETE_ACCOUNT", "USER_DISABLED_BY_PERMANENT_LOCKOUT"])(
    "%s concerns them",
    (name) => {
      for (const body of forms(name)) expect(hint(body)).toEqual(themselves);
    },
  );

  it.each(["LOGIN_ERROR", "LOGOUT", "CODE_TO_TOKEN", "REFRESH_TOKEN"])("%s changes nobody's roles", (name) => {
    for (const body of forms(name)) expect(hint(body)).toBeUndefined();
  });

  it("UPDATE_EMAIL also names the address that Langfuse still has", () => {
    const details = { previous_email: "Dora.Old@Example.com", updated_email: "dora@example.com", reason: "none of it" };
    for (const body of forms("UPDATE_EMAIL", details)) {
      expect(hint(body)).toEqual({ ...themselves, emails: ["dora.old@example.com", "dora@example.com"] });
    }
  });
});

it.each([
  undefined,
  null,
  "LOGIN",
  [],
  {},
  { type: 7 },
  { type: "" },
  { realmName: "company" },
  { type: "x".repeat(3_000) },
])("%j is no event", (body) => {
  expect(parseEvent(body)).toBeUndefined();
});

it("an administrator is never taken for the person that was changed", () => {
  for (const body of Object.values(DIALECTS)) {
    const found = hint(body("REALM_ROLE_MAPPING", "CREATE", "groups/g/role-mappings/realm"));
    expect(JSON.stringify(found)).not.toContain("administrator");
  }
});
