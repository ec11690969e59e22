import type { AccessState } from "../plan/state.ts";
import { matchMembers } from "./match.ts";
import { isUnavailable } from "./person.ts";

/**
 * Runs in a row that must have seen somebody switched off by their user storage before they lose access: Keycloak shows
 * people of a storage like that while it is down.
 */
export const HELD_RUNS = 2;

/** What one organization's runs remember for later ones. Losing it may delay a removal, and never causes one. */
export interface OrganizationMemory {
  /** By user id: ISO 8601 of the first run that saw the member without a user in Keycloak. */
  readonly absences: ReadonlyMap<string, string>;
  /** Id of the user in Keycloak by user id in Langfuse. */
  readonly links: ReadonlyMap<string, string>;
  /** By user id: how many runs in a row have seen the member switched off by a user storage, counted up to `HELD_RUNS`. */
  readonly unavailable: ReadonlyMap<string, number>;
}

/** By the id of the organization. */
export type Memory = ReadonlyMap<string, OrganizationMemory>;

export const NO_MEMORY: OrganizationMemory = { absences: new Map(), links: new Map(), unavailable: new Map() };

/**
 * What is remembered after a run: everybody who was found is linked, everybody who was not keeps the time of the first
 * run that missed them, and runs are counted in which a user storage has somebody switched off. What was known of members
 * for whom nobody was looked up stays. Whoever is no member any more is forgotten.
 */
export function remember(
  { members, people, unread = new Set() }: Pick<AccessState, "members" | "people" | "unread">,
  before: OrganizationMemory,
  now: Date,
): OrganizationMemory {
  const absences = new Map<string, string>();
  const links = new Map<string, string>();
  const unavailable = new Map<string, number>();
  for (const [{ userId }, match] of matchMembers(members, people)) {
    const link = match.kind === "person" ? match.person.id : before.links.get(userId);
    if (link !== undefined) links.set(userId, link);
    const absentSince = before.absences.get(userId) ?? (unread.has(userId) ? undefined : now.toISOString());
    if (match.kind === "unknown" && absentSince !== undefined) absences.set(userId, absentSince);
    if (match.kind === "person" && isUnavailable(match.person)) {
      unavailable.set(userId, Math.min(HELD_RUNS, (before.unavailable.get(userId) ?? 0) + 1));
    }
  }
  return { absences, links, unavailable };
}
