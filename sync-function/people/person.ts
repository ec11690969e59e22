/** Somebody of the realm, as far as rules can ask about them. */
export interface Person {
  /** Id of the user in Keycloak. */
  readonly id: string;
  /** Lower case; empty when they have none. */
  readonly email: string;
  readonly emailVerified: boolean;
  readonly enabled: boolean;
  /** From a user storage such as LDAP: people look disabled while it is down. */
  readonly federated: boolean;
  /** Names of realm roles that are effective for them: held directly, by groups and their parents, by composites. */
  readonly realmRoles: readonly string[];
  /** Client roles that are effective for them, as `client/role`. */
  readonly clientRoles: readonly string[];
  /** Full paths of the groups they are a direct member of. */
  readonly groups: readonly string[];
}

/** Whether they are switched off by their user storage, or it is down: which of them cannot be told from one answer. */
export function isUnavailable({ enabled, federated }: Pick<Person, "enabled" | "federated">): boolean {
  return !enabled && federated;
}

/** What the rules of a run ask about; nothing else of a person matters. */
export interface Interest {
  readonly realmRoles: ReadonlySet<string>;
  /** As `client/role`. */
  readonly clientRoles: ReadonlySet<string>;
  /** Full paths; the subgroups of each matter too. */
  readonly groups: ReadonlySet<string>;
}

/** Whose people are wanted; lower case. */
export interface Addresses {
  readonly emails: ReadonlySet<string>;
  /** Other ones, whose people matter only if they hold something. Default none. */
  readonly resting?: ReadonlySet<string>;
}

/** What one read of the realm found. */
export interface DirectoryAnswer {
  /** For each of the asked addresses everybody who has it; several where the realm allows it. */
  readonly byEmail: ReadonlyMap<string, readonly Person[]>;
  /** Everybody who holds something of interest by more than being in the realm, sorted by id. */
  readonly holders: readonly Person[];
  /** The resting addresses for which nobody was looked up, because nobody with them holds anything of interest. */
  readonly unread: ReadonlySet<string>;
  /** The person with this id if they hold something of interest; of those who hold nothing some are known too. */
  readonly holder: (id: string) => Person | undefined;
}

export interface Confirmation {
  /** Whether somebody would lose something by the answer: then two answers that do not depend on each other must agree. */
  readonly losing?: boolean;
}

/** Keycloak as the plan sees it. Every method throws `AccessError` when an answer is missing, short or contradictory. */
export interface Directory {
  /**
   * Reads the realm once for all organizations.
   *
   * @param addresses while they are on their way, what does not depend on them is read
   */
  read(interest: Interest, addresses: Addresses | Promise<Addresses>): Promise<DirectoryAnswer>;
  /** Asks again about one address, by what cannot be cut short: the address itself and the person's own roles. */
  confirm(interest: Interest, email: string, options?: Confirmation): Promise<readonly Person[]>;
  /** Undefined when there is no such user. */
  find(interest: Interest, id: string, options?: Confirmation): Promise<Person | undefined>;
}
