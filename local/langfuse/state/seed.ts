import { displaySecret, hashSecret, type KeyPair, newId, newKeyPair } from "./identifier.ts";
import type { ApiKey, Organization, Project, Snapshot } from "./model.ts";

/** Ids and keys of the seeded things, as the contract runner wants them. */
export interface SeededKeys {
  readonly orgId: string;
  readonly orgPublicKey: string;
  readonly orgSecretKey: string;
  readonly projectId: string;
  readonly project2Id: string;
  readonly projectPublicKey: string;
  readonly projectSecretKey: string;
  readonly org2Id: string;
  readonly org2PublicKey: string;
  readonly org2SecretKey: string;
}

export interface Seed {
  readonly keys: SeededKeys;
  readonly snapshot: Snapshot;
}

/**
 * Two organizations without members: the first with two projects and a key on the first of them, the second empty; one
 * key for each organization.
 */
export function createSeed(now: string): Seed {
  const organization = seededOrganization("Seeded organization", now);
  const organization2 = seededOrganization("Second organization", now);
  const project = seededProject(organization, "first-project", now);
  const project2 = seededProject(organization, "second-project", now);
  const [pair, projectPair, pair2] = [newKeyPair(), newKeyPair(), newKeyPair()];
  return {
    keys: {
      orgId: organization.id,
      orgPublicKey: pair.publicKey,
      orgSecretKey: pair.secretKey,
      projectId: project.id,
      project2Id: project2.id,
      projectPublicKey: projectPair.publicKey,
      projectSecretKey: projectPair.secretKey,
      org2Id: organization2.id,
      org2PublicKey: pair2.publicKey,
      org2SecretKey: pair2.secretKey,
    },
    snapshot: {
      users: [],
      accounts: [],
      organizations: [organization, organization2],
      projects: [project, project2],
      organizationMemberships: [],
      projectMemberships: [],
      apiKeys: [
        seededKey("organization", organization.id, pair, now),
        seededKey("project", project.id, projectPair, now),
        seededKey("organization", organization2.id, pair2, now),
      ],
    },
  };
}

function seededOrganization(name: string, createdAt: string): Organization {
  return { id: newId(), name, metadata: null, createdAt };
}

function seededProject(organization: Organization, name: string, now: string): Project {
  return {
    id: newId(),
    organizationId: organization.id,
    name,
    metadata: null,
    retentionDays: null,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
}

function seededKey(scope: ApiKey["scope"], ownerId: string, pair: KeyPair, createdAt: string): ApiKey {
  return {
    id: newId(),
    scope,
    ownerId,
    publicKey: pair.publicKey,
    secretHash: hashSecret(pair.secretKey),
    displaySecretKey: displaySecret(pair.secretKey),
    note: "seeded",
    createdAt,
    lastUsedAt: null,
  };
}
