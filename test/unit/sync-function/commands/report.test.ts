import { expect, it } from "vitest";
import { outcomeText, planText } from "#sync/commands/report.ts";
import type { Change } from "#sync/plan/change.ts";

const promotion: Change = {
  kind: "promote",
  email: "someone@example.com",
  userId: "1",
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
    fingerprint: "0123456789abcdef",
  };
  expect(planText({ organization: "organization-1", plan }).split("\n")).toEqual([
    "someone@example.com  MEMBER → ADMIN  because they hold langfuse-admin",
    "a@b.c                VIEWER          left alone because they have no user in Keycloak",
    "Organization organization-1: 1 change (1 promote), 1 left alone, 3 in sync; fingerprint 0123456789ab",
  ]);
});

it("nothing to do is one line", () => {
  const plan = { changes: [], untouched: [], inSync: 3, fingerprint: "0123456789abcdef" };
  expect(planText({ organization: "o", plan })).toBe(
    "Organization o: nothing to change, 0 left alone, 3 in sync; fingerprint 0123456789ab",
  );
});

it("an address cannot command the terminal", () => {
  const plan = { changes: [{ ...promotion, email: "\u001b[2Jx@y.z" }], untouched: [], inSync: 0, fingerprint: "" };
  expect(planText({ organization: "o", plan })).not.toContain("\u001b");
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
