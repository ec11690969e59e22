import { ApiKeys } from "./api-keys.ts";
import { displaySecret, hashSecret, type KeyPair, newId } from "./identifier.ts";
import { Memberships } from "./memberships.ts";
import type { ApiKey, Organization, OrganizationMembership, ProjectMembership, Role, Snapshot, User } from "./model.ts";
import { Projects } from "./projects.ts";
import { Users } from "./users.ts";

export interface DatabaseOptions {
  readonly clock: () => Date;
  /** How long a deleted project stays in the background, in milliseconds. */
  readonly deletionTime: number;
  /** Called after every change. */
  readonly changed: () => void;
}

/** All tables, and what happens across them when a row comes or goes. Everything is synchronous, so nothing can race. */
export class Database {
  readonly users: Users;
  readonly projects: Projects;
  readonly apiKeys: ApiKeys;
  readonly organizationMemberships: Memberships<OrganizationMembership>;
  readonly projectMemberships: Memberships<ProjectMembership>;
  readonly #organizations: Map<string, Organization>;
  readonly #options: DatabaseOptions;

  constructor(snapshot: Snapshot, options: DatabaseOptions) {
    const { changed } = options;
    this.#options = options;
    this.#organizations = new Map(snapshot.organizations.map((organization) => [organization.id, organization]));
    this.users = new Users(changed, snapshot.users, snapshot.accounts);
    this.apiKeys = new ApiKeys(changed, snapshot.apiKeys);
    this.organizationMemberships = new Memberships(
      changed,
      (row) => row.organizationId,
      snapshot.organizationMemberships,
    );
    this.projectMemberships = new Memberships(changed, (row) => row.projectId, snapshot.projectMemberships);
    this.projects = new Projects(
      { ...options, purged: (projectId) => this.projectMemberships.removeAll(projectId) },
      snapshot.projects,
    );
  }

  now(): string {
    return this.#options.clock().toISOString();
  }

  findOrganization(id: string): Organization | undefined {
    return this.#organizations.get(id);
  }

  allOrganizations(): Organization[] {
    return [...this.#organizations.values()];
  }

  putOrganization(organization: Organization): void {
    this.#organizations.delete(organization.id);
    this.#organizations.set(organization.id, organization);
    this.#options.changed();
  }

  /** The caller has made sure that no project is left. Users stay. */
  removeOrganization(id: string): void {
    for (const key of this.apiKeys.of(id)) this.apiKeys.remove(key);
    this.organizationMemberships.removeAll(id);
    this.#organizations.delete(id);
    this.#options.changed();
  }

  addUser(email: string, name: string | null): User {
    const user = { id: newId(), email, name, createdAt: this.now() };
    this.users.add(user);
    return user;
  }

  /** Creates the membership or changes its role; project rows stay as they are. */
  setOrganizationRole(organizationId: string, userId: string, role: Role): OrganizationMembership {
    const createdAt = this.organizationMemberships.find(organizationId, userId)?.createdAt ?? this.now();
    const membership = { organizationId, userId, role, createdAt };
    this.organizationMemberships.put(membership);
    return membership;
  }

  /** Removes the membership and every project row under it; harmless when there is none. */
  leaveOrganization(organizationId: string, userId: string): void {
    if (!this.organizationMemberships.remove(organizationId, userId)) return;
    for (const project of this.projects.all()) {
      if (project.organizationId === organizationId) this.projectMemberships.remove(project.id, userId);
    }
  }

  addApiKey(owner: Pick<ApiKey, "scope" | "ownerId">, note: string | null, pair: KeyPair): ApiKey {
    const key: ApiKey = {
      ...owner,
      id: newId(),
      publicKey: pair.publicKey,
      secretHash: hashSecret(pair.secretKey),
      displaySecretKey: displaySecret(pair.secretKey),
      note,
      createdAt: this.now(),
      lastUsedAt: null,
    };
    this.apiKeys.add(key);
    return key;
  }

  /** Notes that the secret of a key was accepted. */
  useApiKey(key: ApiKey): void {
    this.apiKeys.add({ ...key, lastUsedAt: this.now() });
  }

  snapshot(): Snapshot {
    return {
      users: this.users.all(),
      accounts: this.users.allAccounts(),
      organizations: this.allOrganizations(),
      projects: this.projects.all(),
      organizationMemberships: this.organizationMemberships.all(),
      projectMemberships: this.projectMemberships.all(),
      apiKeys: this.apiKeys.all(),
    };
  }
}
