import type { ApiKey, Project } from "../state/model.ts";

/** A project as lists and organizations show it; metadata that was never set is null here and `{}` elsewhere. */
export function listedProject({ id, name, metadata, createdAt, updatedAt }: Project) {
  return { id, name, metadata, createdAt, updatedAt };
}

/** A key without its secret. */
export function listedKey({ id, createdAt, lastUsedAt, note, publicKey, displaySecretKey }: ApiKey) {
  return { id, createdAt, expiresAt: null, lastUsedAt, note, publicKey, displaySecretKey };
}

/** The one answer that shows the secret. */
export function createdKey({ id, createdAt, note, publicKey, displaySecretKey }: ApiKey, secretKey: string) {
  return { id, createdAt, note, publicKey, secretKey, displaySecretKey };
}
