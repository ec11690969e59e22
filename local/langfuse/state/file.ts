import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { AccessError } from "#sync/errors.ts";
import { ROLES, type Snapshot } from "./model.ts";
import type { Seed } from "./seed.ts";

const id = z.string();
const role = z.enum(ROLES);

const snapshotSchema = z.object({
  users: z.array(z.object({ id, email: z.string(), name: z.string().nullable(), createdAt: z.string() })),
  accounts: z.array(z.object({ provider: z.string(), subject: z.string(), userId: id })),
  organizations: z.array(z.object({ id, name: z.string(), metadata: z.unknown(), createdAt: z.string() })),
  projects: z.array(
    z.object({
      id,
      organizationId: id,
      name: z.string(),
      metadata: z.record(z.string(), z.unknown()).nullable(),
      retentionDays: z.number().nullable(),
      createdAt: z.string(),
      updatedAt: z.string(),
      deletedAt: z.string().nullable(),
    }),
  ),
  organizationMemberships: z.array(z.object({ organizationId: id, userId: id, role, createdAt: z.string() })),
  projectMemberships: z.array(z.object({ projectId: id, userId: id, role })),
  apiKeys: z.array(
    z.object({
      id,
      scope: z.enum(["organization", "project"]),
      ownerId: id,
      publicKey: z.string(),
      secretHash: z.string(),
      displaySecretKey: z.string(),
      note: z.string().nullable(),
      createdAt: z.string(),
      lastUsedAt: z.string().nullable().default(null),
    }),
  ),
});

/** Everything a server needs to go on where another one stopped. */
export interface Saved {
  /** Changes when an older file can no longer be read. */
  readonly version: 1;
  readonly adminApiKey: string | null;
  /** Protects the cookies, so that sessions outlive a restart. */
  readonly sessionSecret: string;
  readonly seed: Seed;
  readonly current: Snapshot;
}

const savedSchema: z.ZodType<Saved> = z.object({
  version: z.literal(1),
  adminApiKey: z.string().nullable(),
  sessionSecret: z.string(),
  seed: z.object({
    keys: z.object({
      orgId: id,
      orgPublicKey: z.string(),
      orgSecretKey: z.string(),
      projectId: id,
      project2Id: id,
      projectPublicKey: z.string(),
      projectSecretKey: z.string(),
      org2Id: id,
      org2PublicKey: z.string(),
      org2SecretKey: z.string(),
    }),
    snapshot: snapshotSchema,
  }),
  current: snapshotSchema,
});

/** The saved state, or undefined when there is no such file. */
export async function loadState(file: string): Promise<Saved | undefined> {
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return savedSchema.parse(JSON.parse(content));
  } catch (cause) {
    throw new AccessError("usage", `file: ${file} is no state of this server; remove it or name another file`, {
      cause,
    });
  }
}

/** Replaces the file as a whole; it holds keys, so only its owner may read it. */
export async function saveState(file: string, saved: Saved): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.new`;
  await writeFile(temporary, JSON.stringify(saved), { mode: 0o600 });
  await rename(temporary, file);
}
