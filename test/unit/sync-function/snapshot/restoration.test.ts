import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROLES, type Role } from "#sync/langfuse/role.ts";
import type { Change } from "#sync/plan/change.ts";
import { restorationOf } from "#sync/snapshot/restoration.ts";
import { type OrganizationState, parseSnapshot, snapshotOf } from "#sync/snapshot/snapshot.ts";

type Rows = Readonly<Record<string, Role>>;

/** Members by name; their id and address follow from it. */
function stateOf(members: Rows, projects: Readonly<Record<string, Rows>> = {}): OrganizationState {
  return {
    members: Object.entries(members).map(([name, role]) => ({ userId: name, email: `${name}@example.com`, role })),
    projects: Object.entries(projects).map(([name, rows]) => ({
      id: `id-${name}`,
      name,
      rows: new Map(Object.entries(rows)),
    })),
  };
}

const options = { removeOthers: false, mayChange: () => true, mayRemove: () => true };
const lines = (changes: readonly Change[]) =>
  changes.map(
    ({ kind, email, from, to, project }) => `${kind} ${email.split("@")[0]} ${project?.name ?? ""} ${from}→${to}`,
  );

describe("a restoration", () => {
  it("gives back roles, memberships and project roles, those that give first", () => {
    const before = stateOf(
      { owner: "OWNER", left: "ADMIN", fallen: "ADMIN", risen: "VIEWER" },
      { p: { left: "MEMBER", risen: "NONE" } },
    );
    const now = stateOf({ owner: "OWNER", fallen: "NONE", risen: "OWNER" }, { p: { fallen: "ADMIN" } });
    const { plan } = restorationOf(snapshotOf("organization-1", before), now, options);
    expect(lines(plan.changes)).toEqual([
      "grant fallen  NONE→ADMIN",
      "provision left  NONE→ADMIN",
      "project-grant left p NONE→MEMBER",
      "project-revoke fallen p ADMIN→ADMIN",
      "project-grant risen p OWNER→NONE",
      "demote risen  OWNER→VIEWER",
    ]);
    expect(plan.inSync).toBe(1);
  });

  it("leaves people alone who are not in the snapshot, unless they shall go", () => {
    const snapshot = snapshotOf("organization-1", stateOf({ owner: "OWNER" }, { p: {} }));
    const now = stateOf({ owner: "OWNER", newcomer: "ADMIN", owner2: "OWNER" }, { p: { newcomer: "VIEWER" } });
    const { plan, others } = restorationOf(snapshot, now, options);
    expect([plan.changes, others]).toEqual([[], ["newcomer@example.com", "owner2@example.com"]]);
    const thorough = restorationOf(snapshot, now, {
      ...options,
      removeOthers: true,
      mayRemove: (email) => !email.startsWith("owner2"),
    });
    expect(lines(thorough.plan.changes)).toEqual(["remove-member newcomer  ADMIN→NONE"]);
    expect(thorough.plan.changes[0]?.projectRoles).toEqual([{ project: { id: "id-p", name: "p" }, role: "VIEWER" }]);
    expect(thorough.others).toEqual(["owner2@example.com"]);
  });

  it("does not take the last owner", () => {
    const snapshot = snapshotOf("organization-1", stateOf({ someone: "MEMBER" }));
    const { plan } = restorationOf(snapshot, stateOf({ someone: "OWNER" }), options);
    expect(plan.changes).toEqual([]);
    expect(plan.untouched).toMatchObject([{ kind: "last-owner", email: "someone@example.com" }]);
  });

  it("finds a project that was made anew by its name, and names those that are gone", () => {
    const snapshot = snapshotOf(
      "organization-1",
      stateOf({ a: "OWNER" }, { kept: { a: "VIEWER" }, gone: { a: "ADMIN" } }),
    );
    const now = { ...stateOf({ a: "OWNER" }), projects: [{ id: "another", name: "kept", rows: new Map() }] };
    const { plan, lostProjects } = restorationOf(snapshot, now, options);
    expect(plan.changes).toMatchObject([
      { kind: "project-grant", project: { id: "another" }, row: { from: null, to: "VIEWER" } },
    ]);
    expect(lostProjects).toEqual([{ name: "gone", rows: 1 }]);
  });

  it("leaves protected people and unknown roles alone", () => {
    const before = stateOf({ a: "ADMIN", b: "ADMIN", owner: "OWNER" });
    const snapshot = snapshotOf("organization-1", {
      ...before,
      members: before.members.map((member) => (member.userId === "b" ? { ...member, role: "AUDITOR" } : member)),
    });
    const now = stateOf({ a: "VIEWER", b: "VIEWER", owner: "OWNER" });
    const { plan } = restorationOf(snapshot, now, { ...options, mayChange: (email) => !email.startsWith("a@") });
    expect(plan.changes).toEqual([]);
    expect(plan.untouched.map(({ kind }) => kind)).toEqual(["protected", "unknown-role"]);
    const withProtected = restorationOf(snapshot, now, options).plan;
    expect(lines(withProtected.changes)).toEqual(["promote a  VIEWER→ADMIN"]);
    expect(withProtected.fingerprint).not.toBe(plan.fingerprint);
  });

  it("of the state it was taken from is empty, and applied to any other it leads back", () => {
    const role = fc.constantFrom(...ROLES);
    const rows = fc.dictionary(fc.constantFrom("a", "b", "c"), role, { noNullPrototype: true });
    const state = fc
      .record({ members: rows, project: rows })
      .map(({ members, project }) =>
        stateOf(
          { ...members, owner: "OWNER" },
          { p: Object.fromEntries(Object.entries(project).filter(([name]) => name in members)) },
        ),
      );
    fc.assert(
      fc.property(state, state, (before, now) => {
        const snapshot = snapshotOf("organization-1", before);
        expect(restorationOf(snapshot, before, { ...options, removeOthers: true }).plan.changes).toEqual([]);
        const { plan } = restorationOf(snapshot, now, { ...options, removeOthers: true });
        expect(snapshotOf("organization-1", applied(now, plan.changes))).toEqual(snapshot);
      }),
    );
  });
});

function applied(state: OrganizationState, changes: readonly Change[]): OrganizationState {
  const members = new Map(state.members.map((member) => [member.email, { ...member }]));
  const rows = new Map(state.projects.map(({ id, rows }) => [id, new Map(rows)]));
  for (const { kind, email, to, project, row } of changes) {
    const userId = email.split("@")[0] ?? "";
    if (project !== undefined) {
      if (row?.to) rows.get(project.id)?.set(userId, row.to);
      else rows.get(project.id)?.delete(userId);
    } else if (kind === "remove-member") {
      members.delete(email);
      for (const each of rows.values()) each.delete(userId);
    } else members.set(email, { userId, email, role: to });
  }
  return {
    members: [...members.values()],
    projects: state.projects.map((project) => ({ ...project, rows: rows.get(project.id) ?? new Map() })),
  };
}

describe("a snapshot", () => {
  it("is the same whatever the order of the lists", () => {
    const state = stateOf({ a: "OWNER", b: "VIEWER" }, { p: { a: "ADMIN", b: "NONE" }, q: {} });
    const reversed = {
      members: state.members.toReversed(),
      projects: state.projects.map((project) => ({ ...project, rows: new Map([...project.rows].reverse()) })).reverse(),
    };
    expect(snapshotOf("o", reversed)).toEqual(snapshotOf("o", state));
  });

  it.each([
    ["nonsense", "file.json is not JSON; write one with `snapshot`"],
    ['{"schema":"other"}', "file.json is not a snapshot of this version (schema: "],
  ])("%j is refused", (text, message) => {
    expect(() => parseSnapshot(text, "file.json")).toThrow(message);
  });
});
