import fc from "fast-check";
import type { Role } from "#sync/langfuse/role.ts";
import type { Addresses, DirectoryAnswer, Person } from "#sync/people/person.ts";
import type { AccessState, Project } from "#sync/plan/state.ts";
import type { AccessRules, Rule, RuleConditions } from "#sync/roles/rule.ts";

type ShortRule = {
  readonly realmRole?: string;
  readonly clientRole?: string;
  readonly group?: string;
  readonly includeSubgroups?: boolean;
  readonly organization?: Role;
  readonly projects?: Readonly<Record<string, Role>>;
  readonly when?: RuleConditions;
};

export function rule({ realmRole, clientRole, group, includeSubgroups = true, projects, ...rest }: ShortRule): Rule {
  const from: Rule["from"] =
    realmRole !== undefined
      ? { kind: "realmRole", name: realmRole }
      : clientRole !== undefined
        ? { kind: "clientRole", name: clientRole }
        : { kind: "group", path: group ?? "", includeSubgroups };
  return { from, projects: new Map(Object.entries(projects ?? {})), ...rest };
}

export function rulesOf({
  rules,
  ...more
}: Partial<Omit<AccessRules, "rules">> & { readonly rules: readonly ShortRule[] }): AccessRules {
  return {
    organization: "organization-1",
    fallback: "NONE",
    protect: [],
    ignore: [],
    unmatched: "keep",
    unmatchedScope: "all",
    graceDays: 7,
    provision: false,
    ...more,
    rules: rules.map(rule),
  };
}

/** Somebody of the realm by the name before the @. */
export function person(name: string, more: Partial<Person> = {}): Person {
  return {
    id: `keycloak ${name}`,
    email: `${name}@example.com`,
    emailVerified: true,
    enabled: true,
    federated: false,
    realmRoles: [],
    clientRoles: [],
    groups: [],
    ...more,
  };
}

/** Any people who are different users, of whom several may have one name, and with it the address. */
export function realmOf(names: readonly string[], ids: readonly string[]): fc.Arbitrary<Person[]> {
  return fc.uniqueArray(
    fc
      .record({
        name: fc.constantFrom(...names),
        id: fc.constantFrom(...ids),
        enabled: fc.boolean(),
        emailVerified: fc.boolean(),
        realmRoles: fc.subarray(["admins", "members"]),
      })
      .map(({ name, ...more }) => person(name, more)),
    { selector: ({ id }) => id },
  );
}

/** What a person holds, for `stateOf`. */
export const active = (...realmRoles: string[]): Partial<Person> => ({ realmRoles });

export interface World {
  /** Members by name with their role and whom Keycloak knows by their address. */
  readonly members: Readonly<Record<string, readonly [role: string, ...people: Partial<Person>[]]>>;
  readonly holders?: readonly Person[];
  readonly projects?: readonly Project[];
  readonly links?: Readonly<Record<string, Person>>;
  readonly absences?: AccessState["absences"];
  readonly unavailable?: AccessState["unavailable"];
}

export function stateOf({
  members,
  holders = [],
  projects = [],
  links = {},
  absences = new Map(),
  unavailable = new Map(),
}: World): AccessState {
  const entries = Object.entries(members);
  const known = entries.map(
    ([name, [, ...people]]) =>
      [
        `${name}@example.com`,
        people.map((more, index) =>
          person(name, { ...(index > 0 && { id: `namesake ${index} of ${name}` }), ...more }),
        ),
      ] as const,
  );
  const byEmail = new Map<string, readonly Person[]>(known.filter(([, people]) => people.length > 0));
  for (const holder of holders) {
    if (!byEmail.has(holder.email)) byEmail.set(holder.email, [holder]);
  }
  return {
    members: entries.map(([name, [role]]) => ({ email: `${name}@example.com`, role, userId: `id of ${name}` })),
    people: { byEmail, linked: new Map(Object.entries(links).map(([name, linked]) => [`id of ${name}`, linked])) },
    holders,
    projects,
    absences,
    unavailable,
  };
}

/** A project with rows by the name of the member. */
export function project(name: string, rows: Readonly<Record<string, string>> = {}): Project {
  return {
    id: `project ${name}`,
    name,
    rows: new Map(Object.entries(rows).map(([member, role]) => [`id of ${member}`, role])),
  };
}

/** Rules from three roles to as many organization roles, of which most tests need no more. */
export const rules = rulesOf({
  rules: [
    { realmRole: "owners", organization: "OWNER" },
    { realmRole: "admins", organization: "ADMIN" },
    { realmRole: "members", organization: "MEMBER" },
  ],
  fallback: "VIEWER",
  protect: ["protected@example.com"],
});

/** What the lists of a realm with these people answer: nobody is looked up who rests, unless a holder has the address. */
export function directoryAnswer(
  people: readonly Person[],
  { emails, resting = new Set() }: Addresses,
): DirectoryAnswer {
  const holders = people.filter(({ realmRoles, clientRoles, groups }) =>
    [realmRoles, clientRoles, groups].some(({ length }) => length > 0),
  );
  const unread = resting.difference(new Set(holders.map(({ email }) => email)));
  const read = emails.union(resting).difference(unread);
  return {
    byEmail: Map.groupBy(
      people.filter(({ email }) => read.has(email)),
      ({ email }) => email,
    ),
    holders,
    unread,
    holder: (id) => holders.find((one) => one.id === id),
  };
}

/** A declared owner, so that nobody else is the last one. */
export const owner = { protected: ["OWNER"] } as const;
