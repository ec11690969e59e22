/** The parts of Keycloak's representations that this project writes or reads; servers add many more fields. */

export interface UserRepresentation {
  readonly id?: string;
  readonly username: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly enabled?: boolean;
  readonly credentials?: readonly { readonly type: "password"; readonly value: string; readonly temporary: boolean }[];
  readonly realmRoles?: readonly string[];
  /** Paths, for example `/engineering/ml`. */
  readonly groups?: readonly string[];
}

export interface GroupRepresentation {
  readonly id?: string;
  readonly name: string;
  readonly path?: string;
  readonly realmRoles?: readonly string[];
  readonly subGroups?: readonly GroupRepresentation[];
}

export interface RoleRepresentation {
  readonly id?: string;
  readonly name: string;
  readonly description?: string;
  readonly composite?: boolean;
}

export interface ClientRepresentation {
  readonly id?: string;
  readonly clientId: string;
  readonly name?: string;
  readonly enabled?: boolean;
  readonly publicClient?: boolean;
  readonly secret?: string;
  readonly redirectUris?: readonly string[];
  readonly standardFlowEnabled?: boolean;
  readonly implicitFlowEnabled?: boolean;
  readonly directAccessGrantsEnabled?: boolean;
  readonly serviceAccountsEnabled?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface RealmRepresentation {
  readonly realm: string;
  readonly displayName?: string;
  readonly enabled?: boolean;
  readonly users?: readonly UserRepresentation[];
  readonly groups?: readonly GroupRepresentation[];
  readonly roles?: { readonly realm: readonly RoleRepresentation[] };
  readonly clients?: readonly ClientRepresentation[];
  /** Any other setting of a realm. */
  readonly [setting: string]: unknown;
}
