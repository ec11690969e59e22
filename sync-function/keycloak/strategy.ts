/**
 * - `per-member`: the effective roles of each person, as the server computes them
 * - `holders`: everybody who holds a role that matters, from the lists of roles and groups
 * - `hybrid`: the lists for local people, and the server's own answer for each who comes from a user storage
 */
export type Strategy = "per-member" | "holders" | "hybrid";

/** What is known cheaply, before either strategy is begun. */
export interface RealmFacts {
  /** Whether people come from a user storage such as LDAP: its mappers give roles that no list shows. */
  readonly federated: boolean;
  /** People of the realm. */
  readonly people: number;
  /** Whether all holders are wanted, and not only those who are asked about. */
  readonly allHolders: boolean;
  /** People whose effective roles are wanted. */
  readonly asked: number;
  /** Of these, those who matter only if they hold something, which the lists tell. */
  readonly resting: number;
  /** Requests for one person's effective roles: one for realm roles, one for groups, one for each client. */
  readonly requestsPerPerson: number;
  /** Rows of a page. */
  readonly pageSize: number;
}

/** What `holders` costs, as far as it is known. */
export interface HolderFacts {
  /** Composite roles whose content is not read yet. */
  readonly composites: number;
  /** Roles that grant something that matters; before the composites are read, those that matter themselves. */
  readonly roles: number;
  /** Groups that grant something that matters; 0 before the groups are read. */
  readonly groups: number;
  /** Requests for the list of groups; 0 once it is read. */
  readonly groupLists: number;
}

export interface Choice {
  readonly strategy: Strategy;
  /** Requests that each is expected to take from here on, at most. */
  readonly requests: Readonly<Record<Strategy, number>>;
  /** For people. */
  readonly reason: string;
}

/** What the lists may cost, as a share of asking about each person, where nobody knows how many are of a user storage. */
const HYBRID_SHARE = 0.1;

/**
 * The cheaper of the strategies that are exact here. With a user storage the lists are exact for local people only, and
 * how many those are is not known before: the lists are tried where they cost little, whoever all the people are. A
 * holder whom only a storage makes one is in no list, so where all are wanted everybody is asked about.
 */
export function chooseStrategy(realm: RealmFacts, lists: HolderFacts): Choice {
  const scan = pagesFor(realm);
  const lookups = Math.min(realm.asked, scan);
  const ofPeople = realm.asked * realm.requestsPerPerson;
  const ofLists = lists.composites + lists.groupLists + lists.roles + lists.groups;
  const requests = {
    "per-member": lookups + ofPeople,
    holders: ofLists + Math.min(Math.max(0, realm.asked - realm.resting), scan),
    hybrid: ofLists + lookups + (realm.federated ? ofPeople : 0),
  };
  if (realm.federated) {
    return !realm.allHolders && ofLists <= ofPeople * HYBRID_SHARE
      ? {
          strategy: "hybrid",
          requests,
          reason: "a user storage gives roles that no list shows, but not to local people",
        }
      : { strategy: "per-member", requests, reason: "a user storage gives roles that no list shows" };
  }
  const strategy = requests["per-member"] <= requests.holders ? "per-member" : "holders";
  return { strategy, requests, reason: "it takes the fewest requests" };
}

/** Requests that reading everybody in the realm takes. */
export function pagesFor({ people, pageSize }: Pick<RealmFacts, "people" | "pageSize">): number {
  return Math.max(1, Math.ceil(people / pageSize));
}
