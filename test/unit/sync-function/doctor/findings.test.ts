import { describe, expect, it } from "vitest";
import { clockFinding } from "#sync/doctor/clock.ts";
import { exitCodeOf, failure, findingOf, findingsText, info, ok, warning } from "#sync/doctor/finding.ts";
import {
  keycloakVersionFinding,
  namedFindings,
  realmFindings,
  roleFindings,
  storageFinding,
} from "#sync/doctor/realm.ts";
import { adminScopeFinding, claimsOf, rightsFindings } from "#sync/doctor/rights.ts";
import { ruleFindings } from "#sync/doctor/rules.ts";
import { langfuseVersionFinding } from "#sync/doctor/version.ts";
import { AccessError } from "#sync/errors.ts";

const claims = (...roles: string[]) => ({ resource_access: { "realm-management": { roles } } });
const severities = (findings: readonly { severity: string }[]) => findings.map(({ severity }) => severity);

describe("the exit code", () => {
  it.each([
    ["0 when all is well", [ok("a", "b")], 0],
    ["0 with warnings", [warning("a", "b", "c"), info("a", "b")], 0],
    ["64 when only the configuration is wrong", [failure("a", "b", "c", "usage")], 64],
    ["5 as soon as a server is concerned", [failure("a", "b", "c", "usage"), failure("a", "b", "c")], 5],
  ])("is %s", (_title, findings, expected) => {
    expect(exitCodeOf(findings)).toBe(expected);
  });
});

it("the text puts the worst first, with its remedy below", () => {
  expect(findingsText([ok("one", "fine"), failure("two", "broken", "mend it")]).split("\n")).toEqual([
    "error    two: broken",
    "         → mend it",
    "ok       one: fine",
    "Doctor: 1 error, 0 warning, 0 info, 1 ok",
  ]);
});

it("an error of a client becomes fact and remedy, and a defect stays one", () => {
  const error = new AccessError("unreachable", "Keycloak got no answer; check a; check the address");
  expect(findingOf("token", error)).toMatchObject({
    fact: "Keycloak got no answer; check a",
    remedy: "check the address",
  });
  expect(() => findingOf("token", new TypeError("defect"))).toThrow(TypeError);
});

describe("rights", () => {
  it("are right when they are exactly those needed", () => {
    const roles = ["view-users", "query-users", "query-groups", "view-realm"];
    expect(severities(rightsFindings(claims(...roles), { clientRoles: false }))).toEqual(["ok"]);
  });

  it("are warned of when there are more, and missed when there are fewer", () => {
    const found = rightsFindings(claims("view-realm", "manage-users"), { clientRoles: true });
    expect(found.map(({ severity, fact }) => [severity, fact])).toEqual([
      ["error", "the token lacks view-users of realm-management"],
      ["error", "the token lacks view-clients of realm-management"],
      ["warning", "the token has manage-users, which is not needed"],
    ]);
  });

  it("over other realms are warned of", () => {
    const both = {
      resource_access: { ...claims("view-users", "view-realm").resource_access, "other-realm": { roles: [] } },
    };
    expect(severities(rightsFindings(both, { clientRoles: false }))).toEqual(["warning"]);
  });

  it("that the token does not tell are no error", () => {
    expect(severities(rightsFindings({ resource_access: {} }, { clientRoles: false }))).toEqual(["info"]);
    expect(claimsOf("not.a.token")).toBeUndefined();
  });
});

it.each([
  [{ resource_access: {}, scope: "email" }, true, "error", "kc-admin-api"],
  [{ resource_access: {}, scope: "email kc-admin-api" }, true, "error", "refuses a new token"],
  [{ resource_access: {}, scope: "email kc-admin-api" }, false, "ok", "kc-admin-api"],
])("a token with %j that is refused (%j) is %s", (token, refused, severity, text) => {
  expect(adminScopeFinding(token, refused)).toMatchObject({ severity, fact: expect.stringContaining(text) });
});

it.each([
  ["3.89.0", "error"],
  ["3.194.9", "warning"],
  ["4.16.0", "ok"],
  ["4.16.9", "ok"],
  ["4.17.0", "info"],
  ["5.0.0", "info"],
  ["latest", "info"],
])("Langfuse %s is %s", (version, severity) => {
  expect(langfuseVersionFinding(version).severity).toBe(severity);
});

it.each([
  [0, "ok"],
  [29, "ok"],
  [-31, "warning"],
])("a clock that is %i s off is %s", (seconds, severity) => {
  const ours = new Date("2026-01-01T00:00:00Z");
  expect(clockFinding("Keycloak", new Date(ours.getTime() + seconds * 1000), ours).severity).toBe(severity);
});

describe("the realm", () => {
  it("should give each person an address of their own, and verify it where anybody may register", () => {
    expect(severities(realmFindings({ duplicateEmailsAllowed: false }))).toEqual(["ok"]);
    const open = { duplicateEmailsAllowed: true, registrationAllowed: true, verifyEmail: false };
    expect(severities(realmFindings(open))).toEqual(["warning", "warning"]);
    expect(severities(realmFindings({}))).toEqual(["info"]);
  });

  it("must have the roles that rules name", () => {
    const [missing] = roleFindings(["Langfuse-Admin"], new Set(["langfuse-admin"]), "ROLE_MAPPING");
    expect(missing).toMatchObject({ severity: "error", remedy: "create it, or correct ROLE_MAPPING" });
    expect(missing?.fact).toContain('did you mean "langfuse-admin"?');
  });

  it("must have the client roles and groups that rules name", () => {
    const existing = new Set(["/staff", "/staff/ml"]);
    expect(namedFindings("group", new Set(), existing, "the rules")).toEqual([]);
    expect(severities(namedFindings("group", new Set(["/staff"]), existing, "the rules"))).toEqual(["ok"]);
    const [missing] = namedFindings("client role", new Set(["crm/Agent"]), new Set(["crm/agent"]), "the rules");
    expect(missing).toMatchObject({ severity: "error", remedy: "create it, or correct the rules" });
    expect(missing?.fact).toContain('no client role "crm/Agent" (did you mean "crm/agent"?)');
  });

  it("tells its version and its user storages, if it does", () => {
    expect(keycloakVersionFinding({ systemInfo: { version: "26.8.2" } })).toMatchObject({
      severity: "ok",
      fact: "26.8.2",
    });
    expect(keycloakVersionFinding({}).severity).toBe("info");
    expect([storageFinding([]).severity, storageFinding([{ name: "ldap" }]).severity]).toEqual(["ok", "info"]);
  });
});

it("rules that are wrong by themselves are errors of the configuration", () => {
  const rules = {
    organization: "organization-1",
    rules: [],
    fallback: "VIEWER" as const,
    protect: [],
    ignore: [],
    unmatched: "keep" as const,
    unmatchedScope: "all" as const,
    graceDays: 7,
    provision: false,
  };
  const found = ruleFindings([{ name: "acme", rules }]);
  expect(found[0]).toMatchObject({ check: "acme: rules", severity: "error", kind: "usage" });
  expect(exitCodeOf(found)).toBe(64);
});
