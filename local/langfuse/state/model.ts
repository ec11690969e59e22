/** From most to least; the same five for organizations and projects. */
export const ROLES = ["OWNER", "ADMIN", "MEMBER", "VIEWER", "NONE"] as const;
export type Role = (typeof ROLES)[number];

/** One row per e-mail address for the whole instance; never deleted. Dates are ISO texts in UTC with milliseconds. */
export interface User {
  readonly id: string;
  /** In lower case. */
  readonly email: string;
  readonly name: string | null;
  readonly createdAt: string;
}

/** Ties the subject of an identity provider to a user. */
export interface Account {
  readonly provider: string;
  readonly subject: string;
  readonly userId: string;
}

export interface Organization {
  readonly id: string;
  readonly name: string;
  /** Any JSON value; null when it was never set. */
  readonly metadata: unknown;
  readonly createdAt: string;
}

export interface Project {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** Null and 0 both mean that data are kept for ever. */
  readonly retentionDays: number | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Set from the request to delete until the background job has removed the row. */
  readonly deletedAt: string | null;
}

export interface Membership {
  readonly userId: string;
  readonly role: Role;
}

export interface OrganizationMembership extends Membership {
  readonly organizationId: string;
  readonly createdAt: string;
}

/** Exists only under a membership of the project's organization. */
export interface ProjectMembership extends Membership {
  readonly projectId: string;
}

export interface ApiKey {
  readonly id: string;
  readonly scope: "organization" | "project";
  /** Id of the organization or project. */
  readonly ownerId: string;
  readonly publicKey: string;
  /** SHA-256 of the secret key; the secret itself is not kept. */
  readonly secretHash: string;
  readonly displaySecretKey: string;
  readonly note: string | null;
  readonly createdAt: string;
  /** Null until the secret was first accepted. */
  readonly lastUsedAt: string | null;
}

/** Everything the server knows, as JSON. */
export interface Snapshot {
  readonly users: readonly User[];
  readonly accounts: readonly Account[];
  readonly organizations: readonly Organization[];
  readonly projects: readonly Project[];
  readonly organizationMemberships: readonly OrganizationMembership[];
  readonly projectMemberships: readonly ProjectMembership[];
  readonly apiKeys: readonly ApiKey[];
}
