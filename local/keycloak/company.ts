import type { RealmRepresentation, UserRepresentation } from "./representations.ts";

export interface CompanyOptions {
  /** Name of the realm; `company` by default. */
  readonly name?: string;
  /** Address of Langfuse as people see it (`NEXTAUTH_URL`), without a slash at the end. */
  readonly langfuseUrl: string;
  readonly langfuseClientSecret: string;
}

/** A person of the example company, with the password that signs them in. */
export interface Person {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

function person(username: string): Person {
  return { username, email: `${username}@example.com`, password: `${username}-password` };
}

/**
 * People named by the way in which they can come to a role of Langfuse: assigned to them, to the group `/engineering`
 * above theirs, or made part of the company's role `team-lead`. Nobody has one at first: see `assignRoles`.
 */
export const people = {
  direct: person("dora.direct"),
  nested: person("nils.nested"),
  composite: person("cora.composite"),
  nobody: person("nora.nobody"),
  disabled: person("dan.disabled"),
} as const;

/** A second application of the company, which everybody may enter. */
export const wiki = {
  clientId: "wiki",
  secret: "wiki-secret",
  /** Nobody listens there: the code is taken from the redirect. */
  redirectUri: "http://127.0.0.1/wiki/callback",
} as const;

export const langfuseClientId = "langfuse";

/** A company's realm as it is before this project comes to it. */
export function companyRealm(options: CompanyOptions): RealmRepresentation {
  const realm = options.name ?? "company";
  return {
    realm,
    displayName: "Example company",
    enabled: true,
    roles: {
      realm: [
        { name: "employee", description: "Everybody who works here" },
        { name: "team-lead", description: "Leads a team" },
      ],
    },
    groups: [{ name: "engineering", subGroups: [{ name: "ml" }] }, { name: "sales" }],
    clients: [
      {
        clientId: langfuseClientId,
        secret: options.langfuseClientSecret,
        redirectUris: [`${options.langfuseUrl}/api/auth/callback/keycloak`],
        ...confidentialLogin,
      },
      // Without a port, Keycloak accepts every port of 127.0.0.1 (RFC 8252, section 7.3).
      { clientId: wiki.clientId, secret: wiki.secret, redirectUris: ["http://127.0.0.1/*"], ...confidentialLogin },
    ],
    users: [
      user(people.direct, realm, { groups: ["/sales"] }),
      user(people.nested, realm, { groups: ["/engineering/ml"] }),
      user(people.composite, realm, { realmRoles: ["team-lead"] }),
      user(people.nobody, realm, { groups: ["/sales"] }),
      user(people.disabled, realm, { enabled: false }),
    ],
  };
}

/** Authorization code with a secret, PKCE accepted but not demanded; no other way to a token. */
const confidentialLogin = {
  enabled: true,
  publicClient: false,
  standardFlowEnabled: true,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
  serviceAccountsEnabled: false,
} as const;

function user(
  { username, email, password }: Person,
  realm: string,
  more: Pick<UserRepresentation, "enabled" | "groups" | "realmRoles">,
): UserRepresentation {
  const [first = "", last = ""] = username.split(".").map((name) => name.charAt(0).toUpperCase() + name.slice(1));
  return {
    username,
    email,
    emailVerified: true,
    firstName: first,
    lastName: last,
    enabled: more.enabled ?? true,
    credentials: [{ type: "password", value: password, temporary: false }],
    realmRoles: [`default-roles-${realm.toLowerCase()}`, "employee", ...(more.realmRoles ?? [])],
    ...(more.groups ? { groups: more.groups } : {}),
  };
}
