import type { GroupRepresentation, RealmRepresentation, UserRepresentation } from "#local/keycloak/representations.ts";

/** Realm roles that a mapping would name, the mightiest first. */
export const MAPPED_ROLES = ["langfuse-admin", "langfuse-member", "langfuse-viewer"] as const;
export type MappedRole = (typeof MAPPED_ROLES)[number];

export interface RealmShape {
  readonly realm: string;
  /** People without service accounts. */
  readonly people: number;
  /** Whether some hold a mapped role through a client role that is a composite; only `view-clients` shows these. */
  readonly clientRoleComposites: boolean;
}

/** Client whose service account reads the realm. */
export const READER = { clientId: "langfuse-sync", secret: "bench-client-secret" } as const;

const RIGHTS = ["view-users", "view-realm", "view-clients"];
const REALM_ROLES = 42;
const TOP_GROUPS = 202;
const GROUPS = 608;

/** Ways to hold a mapped role, each with how many of ten thousand people take it. */
interface Share {
  readonly of: number;
  readonly grants: Pick<UserRepresentation, "realmRoles" | "groups"> & { readonly clientRoles?: ClientRoles };
}
type ClientRoles = Readonly<Record<string, readonly string[]>>;

const SHARES: readonly Share[] = [
  { of: 34, grants: { realmRoles: ["langfuse-admin"] } },
  { of: 8, grants: { realmRoles: ["platform-engineer"] } },
  { of: 8, grants: { groups: ["/platform/core"] } },
  { of: 1160, grants: { realmRoles: ["langfuse-member"] } },
  { of: 115, grants: { realmRoles: ["director"] } },
  { of: 115, grants: { groups: ["/data-science/ml/vision"] } },
  { of: 115, grants: { groups: ["/leads/europe"] } },
  { of: 2632, grants: { realmRoles: ["langfuse-viewer"] } },
  { of: 122, grants: { realmRoles: ["analyst"] } },
  { of: 123, grants: { groups: ["/analysts/finance"] } },
  { of: 123, grants: { groups: ["/operations/on call"] } },
];

const CLIENT_SHARES: readonly Share[] = [
  { of: 8, grants: { clientRoles: { reporting: ["author"] } } },
  { of: 4, grants: { groups: ["/writers"] } },
  { of: 3, grants: { realmRoles: ["publisher"] } },
];

/**
 * A realm with everything that makes effective roles hard: composites in a chain and in a ring, composites on parent
 * groups, groups within groups, people who hold a role twice, disabled ones, service accounts that hold mapped roles,
 * upper-case addresses, people without an address and without the realm's default role. The same shape gives the same
 * realm.
 */
export function generateRealm({ realm, people, clientRoleComposites }: RealmShape): RealmRepresentation {
  const shares = clientRoleComposites ? [...SHARES, ...CLIENT_SHARES] : SHARES;
  const users = grantsOf(people, shares).map((grants, index) => personAt(realm, index, grants));
  const roles = { realm: realmRoles(clientRoleComposites), client: clientRoleComposites ? clientRoles : {} };
  return {
    realm,
    enabled: true,
    // Longer than any measurement: what is compared are roles, not renewals.
    accessTokenLifespan: 3_600,
    roles,
    groups: groupTree(clientRoleComposites),
    clients: [
      confidentialClient(READER.clientId, READER.secret),
      ...["batch", "crawler", "exporter"].map((clientId) => confidentialClient(clientId, `${clientId}-secret`)),
      ...(clientRoleComposites ? [{ clientId: "reporting", publicClient: true }] : []),
    ],
    users: [
      ...users,
      serviceAccount(realm, READER.clientId, { clientRoles: { "realm-management": RIGHTS } }),
      serviceAccount(realm, "batch", { realmRoles: ["langfuse-admin"] }),
      serviceAccount(realm, "crawler", { groups: ["/analysts"] }),
      serviceAccount(realm, "exporter", { realmRoles: ["director"] }),
    ],
  };
}

/** Address of the person at a position, in lower case. */
export function emailAt(index: number): string {
  return `person-${String(index).padStart(6, "0")}@example.com`;
}

/** Holders are spread evenly over the realm, so that every page of it has some. */
function grantsOf(people: number, shares: readonly Share[]): readonly (Share["grants"] | undefined)[] {
  const all: (Share["grants"] | undefined)[] = shares.flatMap(({ of, grants }) =>
    Array.from({ length: Math.max(1, Math.round((of * people) / 10_000)) }, () => grants),
  );
  while (all.length < people) all.push(undefined);
  const step = coprimeStep(people);
  const spread = new Array<Share["grants"] | undefined>(people).fill(undefined);
  for (let index = 0; index < people; index += 1) spread[(index * step) % people] = all[index];
  return spread;
}

function coprimeStep(length: number): number {
  let step = Math.max(1, Math.floor(length * 0.618));
  while (greatestCommonDivisor(step, length) !== 1) step += 1;
  return step;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

function personAt(realm: string, index: number, grants: Share["grants"] | undefined) {
  const email = emailAt(index);
  const isOdd = (every: number) => index % every === every - 1;
  return {
    username: `person-${String(index).padStart(6, "0")}`,
    ...(!isOdd(211) && { email: isOdd(50) ? email.toUpperCase() : email }),
    emailVerified: !isOdd(97),
    enabled: !isOdd(101),
    firstName: "Person",
    lastName: String(index),
    realmRoles: [
      ...(isOdd(307) ? [] : [`default-roles-${realm.toLowerCase()}`]),
      ...(isOdd(7) ? [`team-${index % 30}`] : []),
      ...(grants?.realmRoles ?? []),
    ],
    groups: [...(isOdd(3) ? [`/department-${index % 180}`] : []), ...(grants?.groups ?? [])],
    ...(grants?.clientRoles && { clientRoles: grants.clientRoles }),
  };
}

function realmRoles(clientRoleComposites: boolean) {
  const composites = [
    { name: "platform-engineer", composites: { realm: ["langfuse-admin"] } },
    { name: "director", composites: { realm: ["manager"] } },
    // A ring: each of the two contains the other.
    { name: "manager", composites: { realm: ["team-lead"] } },
    { name: "team-lead", composites: { realm: ["langfuse-member", "manager"] } },
    { name: "analyst", composites: { realm: ["langfuse-viewer"] } },
    { name: "all-teams", composites: { realm: ["team-1", "team-2"] } },
    ...(clientRoleComposites ? [{ name: "publisher", composites: { client: { reporting: ["author"] } } }] : []),
  ].map((role) => ({ ...role, composite: true }));
  const plain = [...MAPPED_ROLES.map((name) => ({ name })), ...named("team", 30)];
  // Every realm has three roles of its own.
  return [...composites, ...plain].slice(0, REALM_ROLES - 3);
}

const clientRoles = {
  reporting: [
    { name: "author", composite: true, clientRole: true, composites: { realm: ["langfuse-viewer"] } },
    { name: "reader", clientRole: true },
  ],
};

function groupTree(clientRoleComposites: boolean): GroupRepresentation[] {
  const granting: (GroupRepresentation & { readonly clientRoles?: ClientRoles })[] = [
    { name: "platform", realmRoles: ["platform-engineer"], subGroups: [{ name: "core" }] },
    {
      name: "data-science",
      realmRoles: ["langfuse-member"],
      subGroups: [{ name: "ml", subGroups: [{ name: "vision" }] }],
    },
    { name: "leads", realmRoles: ["team-lead"], subGroups: [{ name: "europe" }] },
    { name: "analysts", realmRoles: ["analyst"], subGroups: [{ name: "finance" }] },
    { name: "operations", subGroups: [{ name: "on call", realmRoles: ["langfuse-viewer"] }] },
    ...(clientRoleComposites ? [{ name: "writers", clientRoles: { reporting: ["author"] } }] : []),
  ];
  const plain = named("department", TOP_GROUPS - granting.length);
  const children = GROUPS - TOP_GROUPS - granting.reduce((sum, group) => sum + descendants(group), 0);
  const each = Math.ceil(children / plain.length);
  const filled = plain.map((group, index) => ({
    ...group,
    subGroups: named("unit", Math.max(0, Math.min(each, children - index * each))),
  }));
  return [...granting, ...filled];
}

function descendants({ subGroups = [] }: GroupRepresentation): number {
  return subGroups.reduce((sum, group) => sum + 1 + descendants(group), 0);
}

function named(prefix: string, length: number): { name: string }[] {
  return Array.from({ length }, (_, index) => ({ name: `${prefix}-${index}` }));
}

function confidentialClient(clientId: string, secret: string) {
  return {
    clientId,
    secret,
    publicClient: false,
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    fullScopeAllowed: true,
  };
}

function serviceAccount(realm: string, clientId: string, grants: Share["grants"]) {
  return {
    username: `service-account-${clientId}`,
    serviceAccountClientId: clientId,
    enabled: true,
    realmRoles: [`default-roles-${realm.toLowerCase()}`, ...(grants.realmRoles ?? [])],
    ...(grants.groups && { groups: grants.groups }),
    ...(grants.clientRoles && { clientRoles: grants.clientRoles }),
  };
}
