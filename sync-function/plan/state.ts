import type { People } from "../people/match.ts";
import type { Person } from "../people/person.ts";

/** A member of the organization in Langfuse. */
export interface Member {
  readonly userId: string;
  /** Lower case; empty where Langfuse has none. */
  readonly email: string;
  /** As Langfuse answered it: a newer version may know more roles than this program. */
  readonly role: string;
}

/** A project of the organization with the roles that were given in it; without a row the organization role counts. */
export interface Project {
  readonly id: string;
  readonly name: string;
  /** Role by user id, as Langfuse answered it. */
  readonly rows: ReadonlyMap<string, string>;
}

/** How long a member has been without a user in Keycloak. */
export interface Absence {
  /** ISO 8601, of the first run that saw it. */
  readonly since: string;
  /** Whether the grace period is over. */
  readonly due: boolean;
  /** Whether an earlier run found them in Keycloak, so that the sync had to do with them. */
  readonly wasLinked: boolean;
}

/** The members whom the run is about. */
export function membersInScope({ members, scope }: Pick<AccessState, "members" | "scope">): readonly Member[] {
  return scope === undefined ? members : members.filter(({ userId }) => scope.has(userId));
}

/** Everything a plan is made from besides the rules. */
export interface AccessState {
  readonly members: readonly Member[];
  readonly people: People;
  /** Who may have to be provisioned; empty unless the rules want that. */
  readonly holders: readonly Person[];
  /** Empty unless the rules look at projects. */
  readonly projects: readonly Project[];
  /** By user id; members that were seen without a user in Keycloak for the first time have no entry. */
  readonly absences: ReadonlyMap<string, Absence>;
  /**
   * User ids of the members whom the run is about: the others are counted and never changed. Absent where it is about
   * everybody.
   */
  readonly scope?: ReadonlySet<string>;
  /**
   * User ids of members at rest for whom nobody was looked up. A plan has nothing to say about them, whoever they are.
   * Default none.
   */
  readonly unread?: ReadonlySet<string>;
  /** By user id: how many earlier runs in a row have seen the member switched off by a user storage. */
  readonly unavailable: ReadonlyMap<string, number>;
}
