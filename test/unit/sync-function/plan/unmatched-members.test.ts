import { describe, expect, it } from "vitest";
import { plan } from "#sync/plan/plan.ts";
import { owner, project, rules, stateOf } from "./world.ts";

describe("a member whom Keycloak does not know", () => {
  const since = "2026-01-02T03:04:05.000Z";
  const state = (due: boolean | undefined, role = "MEMBER", wasLinked = true) =>
    stateOf({
      members: { ...owner, gone: [role] },
      absences: new Map(due === undefined ? [] : [["id of gone", { since, due, wasLinked }]]),
      projects: [project("Assistant", { gone: "ADMIN" })],
    });

  it("stays unless the rules want it otherwise", () => {
    expect(plan(state(true), rules).changes).toEqual([]);
  });
  it.each([
    [undefined, "they have no user in Keycloak; they are kept for 7 days from the first apply that sees it"],
    [false, "they have no user in Keycloak; they are kept for 7 days from 2026-01-02"],
  ])("stays until the grace period is over (%s)", (due, reason) => {
    const { changes, untouched } = plan(state(due), { ...rules, unmatched: "remove" });
    expect(changes).toEqual([]);
    expect(untouched[0]).toMatchObject({ kind: "unknown", reason });
  });
  it("is removed after the grace period, and the plan says which project roles go too", () => {
    expect(plan(state(true), { ...rules, unmatched: "remove" }).changes).toMatchObject([
      {
        kind: "remove-member",
        from: "MEMBER",
        to: "NONE",
        reason: "they have had no user in Keycloak since 2026-01-02",
        projectRoles: [{ project: { name: "Assistant" }, role: "ADMIN" }],
      },
    ]);
  });
  it.each(["none", "remove"] as const)(
    "stays with the scope linked if no run has ever found them, by %s",
    (unmatched) => {
      const linked = { ...rules, unmatched, unmatchedScope: "linked" } as const;
      expect(plan(state(true), linked).changes).toHaveLength(1);
      for (const stranger of [state(true, "MEMBER", false), state(undefined)]) {
        const { changes, untouched } = plan(stranger, linked);
        expect(changes).toEqual([]);
        expect(untouched[0]).toMatchObject({ kind: "unknown", reason: expect.stringContaining("no run has seen one") });
      }
    },
  );
  it("loses access after the grace period, and the plan says which project roles stay", () => {
    expect(plan(state(true), { ...rules, unmatched: "none" }).changes).toMatchObject([
      { kind: "remove-access", to: "NONE", projectRoles: [{ project: { name: "Assistant" }, role: "ADMIN" }] },
    ]);
    expect(plan(state(true, "NONE"), { ...rules, unmatched: "none" }).changes).toEqual([]);
  });
});
