import { expect, it } from "vitest";
import { outcomeText, planText } from "#sync/commands/report.ts";
import type { Change } from "#sync/plan/change.ts";

const promotion: Change = {
  kind: "promote",
  email: "someone@example.com",
  userId: "1",
  keycloakId: "k",
  from: "MEMBER",
  to: "ADMIN",
  reason: "they hold langfuse-admin",
};

it("a plan reads as a table with a summary", () => {
  const plan = {
    changes: [promotion],
    untouched: [
      {
        kind: "unknown",
        email: "a@b.c",
        userId: "2",
        role: "VIEWER",
        reason: "they have no user in Keycloak",
      } as const,
    ],
    inSync: 3,
    ignored: 0,
    fingerprint: "0123456789abcdef",
  };
  expect(planText({ name: "organization-1", plan }).split("\n")).toEqual([
    "someone@example.com  MEMBER → ADMIN  because they hold langfuse-admin",
    "a@b.c                VIEWER          left alone because they have no user in Keycloak",
    "Organization organization-1: 1 change (1 promote), 1 left alone, 3 in sync; fingerprint 0123456789ab",
  ]);
});

it("nothing to do is one line", () => {
  const plan = { changes: [], untouched: [], inSync: 3, ignored: 0, fingerprint: "0123456789abcdef" };
  expect(planText({ name: "o", plan })).toBe(
    "Organization o: nothing to change, 0 left alone, 3 in sync; fingerprint 0123456789ab",
  );
});

it("an address cannot command the terminal", () => {
  const plan = {
    changes: [{ ...promotion, email: "\u001b[2Jx@y.z" }],
    untouched: [],
    inSync: 0,
    ignored: 0,
    fingerprint: "",
  };
  expect(planText({ name: "o", plan })).not.toContain("\u001b");
});

it("an outcome names failures and what was left", () => {
  const outcome = {
    applied: [],
    failed: [{ change: promotion, message: "no" }],
    notAttempted: [promotion],
    unverified: "down",
  };
  expect(outcomeText(outcome).split("\n")).toEqual([
    "failed: someone@example.com MEMBER → ADMIN: no",
    "not verified: down",
    "Applied: 0 applied, 1 failed, 1 not attempted because the run was told to stop",
  ]);
});

it("projects, new members and leavers read like the others", () => {
  const project = { id: "p", name: "Assistant" };
  const changes: Change[] = [
    { ...promotion, kind: "provision", from: "NONE", to: "VIEWER" },
    { ...promotion, kind: "project-grant", from: "VIEWER", to: "ADMIN", project, row: { from: null, to: "ADMIN" } },
    { ...promotion, kind: "remove-member", to: "NONE", projectRoles: [{ project, role: "ADMIN" }] },
    { ...promotion, kind: "remove-access", to: "NONE", projectRoles: [{ project, role: "ADMIN" }] },
  ];
  const plan = { changes, untouched: [], inSync: 0, ignored: 2, fingerprint: "0123456789abcdef" };
  expect(planText({ name: "Company", plan }).split("\n")).toEqual([
    "someone@example.com  no member → VIEWER           because they hold langfuse-admin",
    "someone@example.com  VIEWER → ADMIN in Assistant  because they hold langfuse-admin",
    "someone@example.com  MEMBER → no member           because they hold langfuse-admin; loses ADMIN in Assistant",
    "someone@example.com  MEMBER → NONE                because they hold langfuse-admin; keeps ADMIN in Assistant",
    "Organization Company: 4 changes (1 provision, 1 remove-access, 1 remove-member, 1 project-grant), 0 left alone, 2 ignored, 0 in sync; fingerprint 0123456789ab",
  ]);
});
