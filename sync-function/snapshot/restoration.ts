import { createHash } from "node:crypto";
import { isRole, type Role } from "../langfuse/role.ts";
import { type Change, changeKind, projectChangeKind } from "../plan/change.ts";
import { byPerson, inOrderOfApplication } from "../plan/order.ts";
import { keptOwner, lastOwner } from "../plan/owners.ts";
import type { Plan } from "../plan/plan.ts";
import { rowsOf } from "../plan/project-decision.ts";
import type { Member, Project } from "../plan/state.ts";
import type { Untouched } from "../plan/untouched.ts";
import { type OrganizationSnapshot, type OrganizationState, snapshotOf } from "./snapshot.ts";

export interface RestorationOptions {
  /** Whether members that the snapshot does not have lose their membership. */
  readonly removeOthers: boolean;
  /** Whether somebody of the snapshot may be changed at all. */
  readonly mayChange: (email: string) => boolean;
  /** Whether somebody may lose the membership with `removeOthers`. */
  readonly mayRemove: (email: string) => boolean;
}

/** A role in a project that does not exist any more. */
export interface LostProject {
  readonly name: string;
  /** How many people had a role in it. */
  readonly rows: number;
}

export interface Restoration {
  readonly plan: Plan;
  /** Addresses of members that are not in the snapshot and stay as they are, sorted. */
  readonly others: readonly string[];
  readonly lostProjects: readonly LostProject[];
}

type SnapshotMember = OrganizationSnapshot["members"][number];

const REASON = "the snapshot has it so";

/**
 * What has to change so that everybody in the snapshot has again what they had. People who are not in it, and projects
 * that are newer, are left alone; neither the rules nor Keycloak are asked.
 */
export function restorationOf(
  snapshot: OrganizationSnapshot,
  state: OrganizationState,
  { removeOthers, mayChange, mayRemove }: RestorationOptions,
): Restoration {
  const present = pairProjects(snapshot, state.projects);
  const found = new Map(snapshot.members.map((member) => [member, findMember(member, state.members)]));
  const known = new Set(found.values());
  const others = state.members.filter((member) => !known.has(member));
  const changes: Change[] = [];
  const untouched: Untouched[] = [];
  let inSync = 0;
  for (const [wanted, current] of found) {
    const decided = decide(wanted, current, present);
    const obstacle = decided.length === 0 ? undefined : obstacleTo(wanted, current, mayChange);
    if (obstacle !== undefined) untouched.push(obstacle);
    else if (decided.length > 0) changes.push(...decided);
    else inSync += 1;
  }
  const leaving = removeOthers ? others.filter(({ email }) => mayRemove(email)) : [];
  changes.push(...leaving.map((member) => removal(member, state.projects)));
  const kept = keptOwner(
    state.members,
    changes.filter(({ project }) => project === undefined),
  );
  if (kept !== undefined) untouched.push(lastOwner(kept));
  const ordered = changes.filter((change) => change !== kept).toSorted(inOrderOfApplication);
  return {
    plan: {
      changes: ordered,
      untouched: untouched.toSorted(byPerson),
      inSync,
      ignored: others.length - leaving.length,
      fingerprint: fingerprintOf(snapshot, state, ordered),
    },
    others: others
      .filter((member) => !leaving.includes(member))
      .map(({ email }) => email)
      .toSorted(),
    lostProjects: snapshot.projects
      .filter((project) => !present.has(project) && project.rows.length > 0)
      .map(({ name, rows }) => ({ name, rows: rows.length })),
  };
}

/** By id; a project that was made anew has another one, and then its name counts if it is the only one. */
function pairProjects(snapshot: OrganizationSnapshot, projects: readonly Project[]) {
  const pairs = new Map<OrganizationSnapshot["projects"][number], Project>();
  for (const project of snapshot.projects) {
    const namesakes = projects.filter(({ name }) => name === project.name);
    const found = projects.find(({ id }) => id === project.id) ?? (namesakes.length === 1 ? namesakes[0] : undefined);
    if (found !== undefined) pairs.set(project, found);
  }
  return pairs;
}

function findMember({ userId, email }: SnapshotMember, members: readonly Member[]): Member | undefined {
  return (
    members.find((member) => member.userId === userId) ??
    members.find((member) => email !== "" && member.email === email)
  );
}

function decide(
  wanted: SnapshotMember,
  current: Member | undefined,
  projects: ReturnType<typeof pairProjects>,
): readonly Change[] {
  const { email, role } = wanted;
  const to = isRole(role) ? role : "NONE";
  const from = current !== undefined && isRole(current.role) ? current.role : "NONE";
  const base = { email, userId: current?.userId ?? null, keycloakId: null, reason: REASON } as const;
  const kind = current === undefined ? "provision" : changeKind(from, to);
  const changes: Change[] = kind === undefined ? [] : [{ kind, ...base, from, to }];
  for (const [before, project] of projects) {
    const text = before.rows.find(({ userId }) => userId === wanted.userId)?.role ?? null;
    const now = current === undefined ? null : (project.rows.get(current.userId) ?? null);
    const [rowFrom, rowTo] = [knownRole(now), knownRole(text)];
    const isUnknown = rowFrom !== now || rowTo !== text;
    const rowKind = isUnknown ? undefined : projectChangeKind(rowFrom, rowTo);
    if (rowKind === undefined) continue;
    const at = { project: { id: project.id, name: project.name }, row: { from: rowFrom, to: rowTo } };
    changes.push({ kind: rowKind, ...base, from: rowFrom ?? from, to: rowTo ?? to, ...at });
  }
  return changes;
}

function knownRole(role: string | null): Role | null {
  return isRole(role) ? role : null;
}

/** Why somebody is left alone although they differ from the snapshot. */
function obstacleTo(
  wanted: SnapshotMember,
  current: Member | undefined,
  mayChange: RestorationOptions["mayChange"],
): Untouched | undefined {
  const { email, userId } = wanted;
  const role = current?.role ?? "NONE";
  const leave = (kind: Untouched["kind"], reason: string): Untouched => ({ kind, email, userId, role, reason });
  if (!mayChange(email)) return leave("protected", "they are a declared member");
  for (const text of [wanted.role, role]) {
    if (!isRole(text)) return leave("unknown-role", `the role "${text}" is not known to this version`);
  }
  if (current === undefined && email === "")
    return leave("unknown", "they have left, and have no address to be invited by");
  return undefined;
}

function removal(member: Member, projects: readonly Project[]): Change {
  const { email, userId, role } = member;
  const rows = rowsOf(userId, projects);
  return {
    kind: "remove-member",
    email,
    userId,
    keycloakId: null,
    from: isRole(role) ? role : "NONE",
    to: "NONE",
    reason: "they are not in the snapshot",
    ...(rows.length > 0 && { projectRoles: rows }),
  };
}

/** With the changes: what may be touched decides about them too, and an approval must not hold for others. */
function fingerprintOf(snapshot: OrganizationSnapshot, state: OrganizationState, changes: readonly Change[]): string {
  const facts = { snapshot, state: snapshotOf(snapshot.id, state), changes };
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}
