import * as z from "zod";
import { AccessError } from "../errors.ts";
import { createHttpClient, type HttpRequest } from "../http/client.ts";
import { pathSegment } from "../http/path.ts";
import {
  application,
  component,
  directRoles,
  group,
  groupCount,
  groupName,
  type KeycloakApplication,
  type KeycloakGroup,
  type KeycloakRole,
  type KeycloakUser,
  realmSettings,
  role,
  user,
  userCount,
} from "./answers.ts";
import type { PagedList } from "./lists.ts";
import { pagesOf } from "./paging.ts";
import { authorised, createTokenSource, type TokenOptions } from "./token.ts";

export interface KeycloakOptions extends TokenOptions {
  /** Rows of a page of groups; for tests. Default 1000. */
  readonly pageSize?: number;
}

/** What the sync reads of a realm, and nothing else. Every method throws `AccessError`. */
export interface KeycloakClient {
  readonly realm: string;
  /** Id of the user behind the sync's own service account. */
  ownUserId(): Promise<string>;
  /** Id of the realm, which newer versions name in events; undefined for callers with too few rights. */
  realmId(): Promise<string | undefined>;
  /** Whether several people of the realm may have one address. */
  allowsSharedEmails(): Promise<boolean>;
  /** All realm roles. 403 without `view-realm` (since 26.4.11 and 26.5.6). */
  listRoles(): Promise<readonly KeycloakRole[]>;
  /** Direct children of a composite role; without `view-clients` those of clients are left out. */
  listComposites(roleId: string): Promise<readonly KeycloakRole[]>;
  /** All clients; needs `view-clients`. */
  listClients(): Promise<readonly KeycloakApplication[]>;
  /** All roles of a client; needs `view-clients`. */
  listClientRoles(clientUuid: string): Promise<readonly KeycloakRole[]>;
  /** Whether people of the realm come from a user storage such as LDAP. */
  hasUserStorage(): Promise<boolean>;
  /** Who holds a role **directly**; not through groups or composites. Service accounts are among them. */
  directHolders(role: { readonly name: string; readonly client?: { readonly id: string } }): PagedList<KeycloakUser>;
  /** Direct members of a group; not those of its children. Service accounts are among them. */
  directMembers(group: { readonly id: string; readonly path: string }): PagedList<KeycloakUser>;
  /** All people of the realm without service accounts. */
  everybody(): PagedList<KeycloakUser>;
  /** Groups that a person is a direct member of. */
  listOwnGroups(userId: string): Promise<readonly { readonly id: string; readonly path: string }[]>;
  /** How many groups a person is a direct member of. */
  countOwnGroups(userId: string): Promise<number>;
  /** Realm and client roles that a person holds directly. */
  listDirectRoles(userId: string): Promise<DirectRoles>;
  /** Effective roles of a person for one client. */
  listEffectiveClientRoles(userId: string, clientUuid: string): Promise<readonly KeycloakRole[]>;
  /** All groups with their direct roles, in no order; checked against their count. */
  listGroups(): Promise<readonly KeycloakGroup[]>;
  /** All people without service accounts; local and imported ones are counted. */
  countUsers(): Promise<number>;
  /** Everybody with exactly this address, whatever its case; several where the realm allows it. No service accounts. */
  findUsers(email: string): Promise<readonly KeycloakUser[]>;
  /** Undefined when there is no such person; service accounts are none. */
  getUser(id: string): Promise<KeycloakUser | undefined>;
  /** Whether somebody of a list is a service account; asks the server about those only who have its kind of name. */
  isServiceAccount(user: KeycloakUser): Promise<boolean>;
  /** Effective realm roles of a person: direct, by groups and their parents, by composites. The authoritative answer. */
  listEffectiveRoles(userId: string): Promise<readonly KeycloakRole[]>;
}

/** Roles that were given to a person themselves. */
export interface DirectRoles {
  readonly realm: readonly KeycloakRole[];
  /** By the client id. */
  readonly clients: ReadonlyMap<string, readonly KeycloakRole[]>;
}

const users = z.array(user);
const roles = z.array(role);
const groups = z.array(group);
const applications = z.array(application);
const components = z.array(component);
const groupNames = z.array(groupName);

export function createKeycloakClient(options: KeycloakOptions): KeycloakClient {
  const send = authorisedSender(options);
  const { pageSize, realm, clientId } = options;
  const get = <T>(path: string, schema: z.ZodType<T>, query?: HttpRequest["query"]) =>
    send({ method: "GET", path, ...(query && { query }) }, schema);
  const userList = (path: string, title: string): PagedList<KeycloakUser> => ({
    title,
    page: (first, max) => send.rows({ method: "GET", path, query: { first, max, briefRepresentation: true } }, user),
  });
  const groupPages = (path: string, title: string) =>
    pagesOf((first, max) => get(path, groups, { first, max, briefRepresentation: false }), title, pageSize);
  const countUsers = () => get("/users/count", userCount);
  const isServiceAccount = async ({ id, username = "", email }: KeycloakUser) => {
    if (!username.startsWith(SERVICE_ACCOUNT_PREFIX)) return false;
    // Nobody is found by an address they do not have, and service accounts are made without one.
    if (!email) return true;
    // People choose their names where the realm lets them, but only people are found by a search for theirs.
    const people = await get("/users", users, { search: `"${username}"`, max: -1, briefRepresentation: true });
    return people.every((person) => person.id !== id);
  };
  const withoutServiceAccounts = async (found: readonly KeycloakUser[]) => {
    const people: KeycloakUser[] = [];
    for (const one of found) if (!(await isServiceAccount(one))) people.push(one);
    return people;
  };
  const countGroups = async () => (await get("/groups/count", groupCount)).count;

  const walkGroups = async (): Promise<KeycloakGroup[]> => {
    const found: KeycloakGroup[] = [];
    for await (const page of groupPages("/groups", "top-level groups")) found.push(...page);
    for (const parent of found) {
      const path = `/groups/${pathSegment(parent.id)}/children`;
      for await (const page of groupPages(path, `children of group ${parent.path}`)) {
        // The list grows while it is walked, so that grandchildren get their turn.
        found.push(...page.map((child) => ({ ...child, parentId: parent.id })));
      }
    }
    return found;
  };

  return {
    realm,
    ownUserId: async () => {
      const subject = await send.subject();
      if (subject !== undefined) return subject;
      // A client without the scope `basic` has tokens without `sub`.
      const username = `${SERVICE_ACCOUNT_PREFIX}${clientId.toLowerCase()}`;
      const own = (await get("/users", users, { username, exact: true, briefRepresentation: true }))[0];
      if (own !== undefined) return own.id;
      throw new AccessError(
        "unauthorised",
        `Keycloak: the sync cannot find its own user "${username}" in realm "${realm}"; grant its service account view-users of realm-management`,
      );
    },
    realmId: async () => (await get("", realmSettings)).id,
    allowsSharedEmails: async () => (await get("", realmSettings)).duplicateEmailsAllowed,
    listRoles: () => get("/roles", roles, { briefRepresentation: true }),
    listComposites: (roleId) => get(`/roles-by-id/${pathSegment(roleId)}/composites`, roles),
    listClients: () => get("/clients", applications),
    listClientRoles: (clientUuid) => get(`/clients/${pathSegment(clientUuid)}/roles`, roles),
    hasUserStorage: async () => (await get("/components", components, { type: USER_STORAGE })).length > 0,
    directHolders: ({ name, client }) =>
      userList(
        `${client ? `/clients/${pathSegment(client.id)}` : ""}/roles/${pathSegment(name)}/users`,
        `people with role "${name}"`,
      ),
    directMembers: ({ id, path }) => userList(`/groups/${pathSegment(id)}/members`, `members of group "${path}"`),
    everybody: () => userList("/users", "people"),
    listOwnGroups: async (userId) => {
      const found = [];
      const path = `/users/${pathSegment(userId)}/groups`;
      const pages = pagesOf((first, max) => get(path, groupNames, { first, max }), `groups of user ${userId}`);
      for await (const page of pages) found.push(...page);
      return found;
    },
    countOwnGroups: async (userId) => (await get(`/users/${pathSegment(userId)}/groups/count`, groupCount)).count,
    listDirectRoles: async (userId) => {
      const { realmMappings, clientMappings } = await get(`/users/${pathSegment(userId)}/role-mappings`, directRoles);
      const clients = Object.entries(clientMappings).map(([clientId, { mappings }]) => [clientId, mappings] as const);
      return { realm: realmMappings, clients: new Map(clients) };
    },
    listEffectiveClientRoles: (userId, clientUuid) =>
      get(`/users/${pathSegment(userId)}/role-mappings/clients/${pathSegment(clientUuid)}/composite`, roles),
    listGroups: async () => {
      // A blank finds every group on all versions; an empty text finds only those at the top on newer ones.
      const query = { search: " ", populateHierarchy: false, briefRepresentation: false, subGroupsCount: false };
      const [listed, count] = await Promise.all([get("/groups", groups, query), countGroups()]);
      const flat = unique(listed);
      const found = flat.length === count ? flat : unique(await walkGroups());
      if (found.length >= count || found.length >= (await countGroups())) return found;
      throw new AccessError(
        "incomplete",
        `Keycloak: realm "${realm}" has ${count} groups but lists ${found.length}; grant the service account view-users of realm-management`,
      );
    },
    countUsers,
    findUsers: async (email) => {
      const found = await get("/users", users, { email, exact: true, briefRepresentation: true });
      return await withoutServiceAccounts(
        found.filter((person) => person.email?.toLowerCase() === email.toLowerCase()),
      );
    },
    getUser: async (id) => {
      try {
        return (await withoutServiceAccounts([await get(`/users/${pathSegment(id)}`, user)]))[0];
      } catch (error) {
        if (error instanceof AccessError && error.status === 404) return undefined;
        throw error;
      }
    },
    isServiceAccount,
    listEffectiveRoles: (userId) =>
      get(`/users/${pathSegment(userId)}/role-mappings/realm/composite`, roles, { briefRepresentation: true }),
  };
}

/** What Keycloak puts before the client's id to name the user of its service account. */
export const SERVICE_ACCOUNT_PREFIX = "service-account-";

/** Type of the components that stand for LDAP, Active Directory and their like. */
const USER_STORAGE = "org.keycloak.storage.UserStorageProvider";

interface AuthorisedSender {
  <T>(request: HttpRequest, schema: z.ZodType<T>): Promise<T>;
  rows<T>(request: HttpRequest, row: z.ZodType<T>): Promise<T[]>;
  subject(): Promise<string | undefined>;
}

function authorisedSender(options: KeycloakOptions): AuthorisedSender {
  const tokens = createTokenSource(options);
  const client = createHttpClient({
    ...options,
    service: "Keycloak",
    baseUrl: `${options.url.replace(/\/+$/, "")}/admin/realms/${pathSegment(options.realm)}`,
    remedy: (status) => adminRemedy(status, options),
  });
  return Object.assign(
    <T>(request: HttpRequest, schema: z.ZodType<T>) => authorised(tokens, request, (own) => client.send(own, schema)),
    {
      rows: <T>(request: HttpRequest, row: z.ZodType<T>) =>
        authorised(tokens, request, (own) => client.sendRows(own, row)),
      subject: async () => (await tokens.current()).subject,
    },
  );
}

function adminRemedy(status: number, { realm, clientId }: KeycloakOptions): string | undefined {
  if (status === 401) {
    return (
      `a new token of client "${clientId}" is refused: since Keycloak 26.8.2 the client needs the client scope "kc-admin-api" as a default scope; ` +
      `otherwise check that KEYCLOAK_URL is the address the token names as issuer, and that the client is enabled`
    );
  }
  if (status === 403) {
    return (
      `grant the service account of client "${clientId}" the roles view-users and view-realm of realm-management, ` +
      `leave fullScopeAllowed on or map these roles to its scope, and since Keycloak 26.8.2 add the default client scope "kc-admin-api"`
    );
  }
  if (status === 404) return `check KEYCLOAK_URL and that realm "${realm}" and what is named in the address exist`;
  return undefined;
}

function unique<T extends { readonly id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
