import { type Answer, type Received, startServer, type TestServer } from "./http-server.ts";

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly enabled?: boolean;
  /** Default true. */
  readonly emailVerified?: boolean;
  readonly federationLink?: string;
  readonly roles?: readonly string[];
  /** As `client/role`. */
  readonly clientRoles?: readonly string[];
  /** Realm roles that only the person's own answer shows, as a mapper of a user storage gives them. */
  readonly storageRoles?: readonly string[];
  readonly groups?: readonly string[];
}

export interface Realm {
  readonly people: readonly Person[];
  /** Realm roles by name with the names of those they contain. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** Groups by id. */
  readonly groups?: Readonly<Record<string, { readonly parent?: string; readonly roles?: readonly string[] }>>;
  /** Roles of clients by the client id, with the realm roles that each contains. */
  readonly clients?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Whether people come from a user storage. Default false. */
  readonly federated?: boolean;
  /** Whether several people may have one address. Default false. */
  readonly sharedEmails?: boolean;
}

export interface RealmServerOptions {
  /** Answers instead of the realm when it returns something; `name` is that of `READS`, or `token`. */
  readonly fault?: (name: string, request: Received) => Answer | undefined;
  /** Seconds. Default 300. */
  readonly tokenLife?: number;
}

/** Names of the reads of one run, by what the path looks like. */
const ROUTES: readonly (readonly [name: string, path: RegExp])[] = [
  ["token", /\/protocol\/openid-connect\/token$/],
  ["realm", /\/admin\/realms\/[^/]+$/],
  ["client role users", /\/clients\/([^/]+)\/roles\/([^/]+)\/users$/],
  ["client roles", /\/clients\/([^/]+)\/roles$/],
  ["effective client roles", /\/users\/([^/]+)\/role-mappings\/clients\/([^/]+)\/composite$/],
  ["clients", /\/clients$/],
  ["roles", /\/roles$/],
  ["composites", /\/roles-by-id\/([^/]+)\/composites$/],
  ["role users", /\/roles\/([^/]+)\/users$/],
  ["own group count", /\/users\/([^/]+)\/groups\/count$/],
  ["own groups", /\/users\/([^/]+)\/groups$/],
  ["direct roles", /\/users\/([^/]+)\/role-mappings$/],
  ["group count", /\/groups\/count$/],
  ["group members", /\/groups\/([^/]+)\/members$/],
  ["group children", /\/groups\/([^/]+)\/children$/],
  ["groups", /\/groups$/],
  ["user count", /\/users\/count$/],
  ["effective roles", /\/users\/([^/]+)\/role-mappings\/realm\/composite$/],
  ["user", /\/users\/([^/]+)$/],
  ["users", /\/users$/],
  ["components", /\/components$/],
];

const SERVICE_ACCOUNT = "service-account";
const DEFAULT_ROLE = "default-roles-company";

/** The admin API of a realm named `company`, as far as the sync reads it; for faults that a real server does not have. */
export async function startRealm(
  realm: Realm,
  options: RealmServerOptions = {},
): Promise<TestServer & { readonly tokens: string[] }> {
  const tokens: string[] = [];
  const roles: Realm["roles"] = { [DEFAULT_ROLE]: [], ...realm.roles };
  const representation = (name: string) => ({
    id: `role-${name}`,
    name,
    composite: (roles[name]?.length ?? 0) > 0,
    clientRole: false,
  });
  const clients = realm.clients ?? {};
  const ofClient = (client: string, name: string) => ({
    id: `role-${client}/${name}`,
    name,
    composite: (clients[client]?.[name]?.length ?? 0) > 0,
    clientRole: true,
  });
  const groups = Object.entries(realm.groups ?? {}).map(([id, { parent, roles: own }]) => ({
    id,
    path: `/${id}`,
    ...(parent !== undefined && { parentId: parent }),
    realmRoles: own ?? [],
  }));
  const user = ({ id, email, enabled, emailVerified, federationLink }: Person) => ({
    id,
    username: email,
    email,
    enabled: enabled ?? true,
    emailVerified: emailVerified ?? true,
    ...(federationLink !== undefined && { federationLink }),
  });
  const effective = (person: Person): string[] => {
    const lines = new Set(person.groups ?? []);
    for (const id of lines) {
      const parent = realm.groups?.[id]?.parent;
      if (parent !== undefined) lines.add(parent);
    }
    const held = new Set([
      DEFAULT_ROLE,
      ...(person.roles ?? []),
      ...(person.storageRoles ?? []),
      ...(person.clientRoles ?? []).flatMap((path) => {
        const [client = "", name = ""] = path.split("/");
        return clients[client]?.[name] ?? [];
      }),
      ...[...lines].flatMap((id) => realm.groups?.[id]?.roles ?? []),
    ]);
    for (const name of held) for (const child of roles[name] ?? []) held.add(child);
    return [...held];
  };
  const page = <T>(items: readonly T[], { searchParams }: URL): Answer => {
    const first = Number(searchParams.get("first") ?? 0);
    return { status: 200, json: items.slice(first, first + Number(searchParams.get("max") ?? 100)) };
  };
  const answer = (name: string, [part = "", second = ""]: readonly string[], { url }: Received): Answer => {
    const list = (items: readonly Person[]) => page(items.map(user), url);
    switch (name) {
      case "realm":
        return { status: 200, json: { realm: "company", duplicateEmailsAllowed: realm.sharedEmails ?? false } };
      case "roles":
        return { status: 200, json: Object.keys(roles).map(representation) };
      case "composites": {
        const [client = "", of] = part.replace("role-", "").split("/");
        const content = of === undefined ? roles[client] : clients[client]?.[of];
        return { status: 200, json: (content ?? []).map(representation) };
      }
      case "clients":
        return { status: 200, json: Object.keys(clients).map((clientId) => ({ id: clientId, clientId })) };
      case "client roles":
        return { status: 200, json: Object.keys(clients[part] ?? {}).map((one) => ofClient(part, one)) };
      case "client role users":
        return list(realm.people.filter((person) => person.clientRoles?.includes(`${part}/${second}`)));
      case "effective client roles": {
        const held = realm.people.find(({ id }) => id === part)?.clientRoles ?? [];
        const names = held.filter((path) => path.startsWith(`${second}/`)).map((path) => path.split("/")[1] ?? "");
        return { status: 200, json: names.map((one) => ofClient(second, one)) };
      }
      case "role users":
        return list(realm.people.filter((person) => person.roles?.includes(part)));
      case "group count":
        return { status: 200, json: { count: groups.length } };
      case "group members":
        return list(realm.people.filter((person) => person.groups?.includes(part)));
      case "group children":
        return page(
          groups.filter(({ parentId }) => parentId === part),
          url,
        );
      case "groups":
        return url.searchParams.has("search")
          ? { status: 200, json: groups }
          : page(
              groups.filter((group) => !group.parentId),
              url,
            );
      case "components":
        return { status: 200, json: realm.federated ? [{ id: "ldap" }] : [] };
      case "user count":
        return { status: 200, json: realm.people.length };
      case "effective roles": {
        const person = realm.people.find(({ id }) => id === part);
        const names = person === undefined ? [DEFAULT_ROLE] : effective(person);
        return { status: 200, json: names.map(representation) };
      }
      case "direct roles": {
        const person = realm.people.find(({ id }) => id === part);
        const realmMappings = [DEFAULT_ROLE, ...(person?.roles ?? [])].map(representation);
        const clientMappings = Object.keys(clients).map((client) => {
          const own = (person?.clientRoles ?? []).filter((path) => path.startsWith(`${client}/`));
          return [client, { id: client, mappings: own.map((path) => ofClient(client, path.split("/")[1] ?? "")) }];
        });
        return { status: 200, json: { realmMappings, clientMappings: Object.fromEntries(clientMappings) } };
      }
      case "own groups": {
        const own = realm.people.find(({ id }) => id === part)?.groups ?? [];
        return page(
          groups.filter(({ id }) => own.includes(id)),
          url,
        );
      }
      case "own group count":
        return { status: 200, json: { count: realm.people.find(({ id }) => id === part)?.groups?.length ?? 0 } };
      case "user": {
        const person = realm.people.find(({ id }) => id === part);
        return person === undefined
          ? { status: 404, json: { error: "User not found" } }
          : { status: 200, json: user(person) };
      }
      case "users": {
        const email = url.searchParams.get("email");
        const search = url.searchParams.get("search");
        if (search !== null) return list(realm.people.filter(({ email: name }) => `"${name}"` === search));
        return list(
          email === null ? realm.people : realm.people.filter((person) => person.email.toLowerCase() === email),
        );
      }
      default:
        return { status: 404, json: { error: "User not found" } };
    }
  };
  const server = await startServer((request) => {
    const path = request.url.pathname;
    const [name = "unknown", pattern = /$/] = ROUTES.find(([, route]) => route.test(path)) ?? [];
    const fault = options.fault?.(name, request);
    if (fault !== undefined) return fault;
    if (name === "token") {
      const claims = Buffer.from(JSON.stringify({ sub: SERVICE_ACCOUNT, number: tokens.length })).toString("base64url");
      tokens.push(`header.${claims}.signature`);
      return { status: 200, json: { access_token: tokens.at(-1), expires_in: options.tokenLife ?? 300 } };
    }
    if (!tokens.includes(request.headers.authorization?.replace("Bearer ", "") ?? ""))
      return { status: 401, json: { error: "HTTP 401 Unauthorized" } };
    return answer(name, pattern.exec(path)?.slice(1).map(decodeURIComponent) ?? [], request);
  });
  return Object.assign(server, { tokens });
}

export const KEYCLOAK_CREDENTIALS = {
  realm: "company",
  clientId: "langfuse-sync",
  clientSecret: "client-secret-value",
};
