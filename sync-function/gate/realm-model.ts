import type { Flow } from "./flow-tree.ts";

/** Name of the setting of the step that mails the link: whether the link leads to a login instead of into the client. */
export const FORCE_LOGIN = "force-login";

/** Everything of a realm that bears on whether its gates hold. */
export interface RealmModel {
  readonly name: string;
  /** Aliases of the flows that the realm runs. */
  readonly bindings: {
    readonly browser: string;
    readonly registration: string;
    readonly directGrant: string;
    readonly resetCredentials: string;
  };
  readonly registrationAllowed: boolean;
  /** Administrators may invite people to organizations, who then register although nobody else may. */
  readonly organizationsEnabled: boolean;
  readonly resetPasswordAllowed: boolean;
  /** What the link for a new password does where nobody configured it: `true` leads to a login. Undefined where it cannot. */
  readonly forceLoginDefault: string | undefined;
  /** Every flow that is bound, copied, ours or run by an identity provider, by alias; as the server has it. */
  readonly flows: Readonly<Record<string, LiveFlow>>;
  readonly clients: readonly ClientModel[];
  readonly scopes: readonly { readonly name: string; readonly protocol: string }[];
  /** Scopes that new clients get, by default or on request. */
  readonly newClientScopes: readonly string[];
  readonly identityProviders: readonly {
    readonly alias: string;
    readonly enabled: boolean;
    readonly postFlow: string | undefined;
  }[];
  /** Roles of the gates that exist, and whether anybody who can sign in holds them in any way. */
  readonly roles: Readonly<Record<string, RoleModel>>;
  /** Executors of the realm's own client policy profiles. */
  readonly policyExecutors: readonly string[];
  /** Version of the server; undefined where it does not tell. */
  readonly version: string | undefined;
  /** Authenticators that the server knows. */
  readonly authenticators: readonly string[];
}

export interface RoleModel {
  readonly isHeld: boolean;
  /** The realm's default role, which everybody has, includes it. */
  readonly isDefault?: boolean;
}

export interface LiveFlow extends Flow {
  readonly builtIn: boolean;
}

export interface ClientModel {
  readonly clientId: string;
  readonly protocol: string;
  readonly defaultScopes: readonly string[];
  readonly optionalScopes: readonly string[];
  readonly directGrant: boolean;
  readonly serviceAccount: boolean;
  readonly device: boolean;
  readonly ciba: boolean;
  readonly tokenExchange: boolean;
  readonly jwtGrant: boolean;
  /** Names of the bindings that the client overrides, with the alias, or the id where there is no such flow. */
  readonly overrides: Readonly<Record<string, string>>;
}
