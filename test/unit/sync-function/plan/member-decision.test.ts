import { describe, expect, it } from "vitest";
import type { Person } from "#sync/people/person.ts";
import { plan } from "#sync/plan/plan.ts";
import { active, owner, rules, stateOf } from "./world.ts";

describe("one person", () => {
  it.each([
    ["gains access by a role", "NONE", active("members"), "grant", "MEMBER"],
    ["gains the default role by being known", "NONE", active(), "grant", "VIEWER"],
    ["is promoted", "VIEWER", active("admins", "members"), "promote", "ADMIN"],
    ["is demoted", "ADMIN", active("members"), "demote", "MEMBER"],
    ["falls back to the default role", "ADMIN", active("unmapped"), "demote", "VIEWER"],
    ["loses access when disabled", "MEMBER", { ...active("admins"), enabled: false }, "remove-access", "NONE"],
  ])("%s", (_title, from, somebody, kind, to) => {
    const { changes } = plan(stateOf({ members: { ...owner, somebody: [from, somebody] } }), rules);
    expect(changes).toMatchObject([{ kind, email: "somebody@example.com", from, to }]);
  });

  it.each([
    ["unknown to Keycloak", "ADMIN", [], "unknown"],
    ["one of several with the address", "ADMIN", [active(), active()], "ambiguous"],
    ["switched off by a user storage", "ADMIN", [{ enabled: false, federated: true }], "unavailable"],
    ["of a role of a newer version", "SUPER", [active("members")], "unknown-role"],
  ])("who is %s is left alone and reported", (_title, role, people, kind) => {
    const { changes, untouched } = plan(stateOf({ members: { ...owner, somebody: [role, ...people] } }), rules);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "protected" }, { kind, email: "somebody@example.com", role }]);
  });

  it.each([
    [0, "unavailable"],
    [1, "unavailable"],
    [2, "remove-access"],
  ])("whom a user storage has switched off in %i runs before is %s", (runs, expected) => {
    const state = stateOf({
      members: { ...owner, somebody: ["ADMIN", { ...active("admins"), enabled: false, federated: true }] },
      unavailable: new Map([["id of somebody", runs]]),
    });
    const { changes, untouched } = plan(state, rules);
    const kinds = [...changes, ...untouched]
      .filter(({ email }) => email.startsWith("somebody"))
      .map(({ kind }) => kind);
    expect(kinds).toEqual([expected]);
  });

  it("who shares an address with another member is left alone", () => {
    const state = stateOf({ members: { twin: ["ADMIN", active()] } });
    const members = [...state.members, { userId: "other id", email: "twin@example.com", role: "VIEWER" }];
    const { changes, untouched } = plan({ ...state, members }, rules);
    expect(changes).toEqual([]);
    expect(untouched.map(({ kind }) => kind)).toEqual(["ambiguous", "ambiguous"]);
  });

  it("who matches a pattern is left alone: reported when protected, only counted when ignored", () => {
    const patterns = { ...rules, protect: ["*@example.com"], ignore: ["robot-?@*"] };
    const state = stateOf({ members: { "robot-1": ["ADMIN", active()], boss: ["OWNER", active()] } });
    const { changes, untouched, ignored, inSync } = plan(state, patterns);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "protected", email: "boss@example.com" }]);
    expect([ignored, inSync]).toEqual([1, 0]);
  });
});

describe("an address that is not verified", () => {
  const unverified: Partial<Person> = { ...active("owners"), emailVerified: false };
  it.each([
    ["NONE", "grant"],
    ["VIEWER", "promote"],
  ])("takes somebody from %s to MEMBER at most, and the reason says so", (from, kind) => {
    const { changes } = plan(stateOf({ members: { ...owner, somebody: [from, unverified] } }), rules);
    expect(changes).toMatchObject([{ kind, from, to: "MEMBER", withheld: "OWNER" }]);
    expect(changes[0]?.reason).toBe(
      "they hold owners, but get no more than MEMBER while their address is not verified in Keycloak",
    );
  });
  it("takes nothing from somebody who has a mightier role already, and is reported", () => {
    const { changes, untouched } = plan(stateOf({ members: { ...owner, somebody: ["ADMIN", unverified] } }), rules);
    expect(changes).toEqual([]);
    expect(untouched).toMatchObject([{ kind: "protected" }, { kind: "unverified", role: "ADMIN", wanted: "OWNER" }]);
  });
  it("does not hinder a demotion", () => {
    const admin = { ...active("admins"), emailVerified: false };
    const { changes } = plan(stateOf({ members: { ...owner, somebody: ["OWNER", admin] } }), rules);
    expect(changes).toMatchObject([{ kind: "demote", to: "ADMIN" }]);
  });
});
