import { hashSecret } from "./identifier.ts";
import type { ApiKey } from "./model.ts";

/** API keys by public key and by secret; each half exists only once in the instance. */
export class ApiKeys {
  readonly #byId = new Map<string, ApiKey>();
  readonly #byPublicKey = new Map<string, ApiKey>();
  readonly #bySecretHash = new Map<string, ApiKey>();
  readonly #changed: () => void;

  constructor(changed: () => void, keys: readonly ApiKey[]) {
    this.#changed = changed;
    for (const key of keys) this.#index(key);
  }

  find(id: string): ApiKey | undefined {
    return this.#byId.get(id);
  }

  findByPublicKey(publicKey: string): ApiKey | undefined {
    return this.#byPublicKey.get(publicKey);
  }

  findBySecret(secretKey: string): ApiKey | undefined {
    return this.#bySecretHash.get(hashSecret(secretKey));
  }

  of(ownerId: string): ApiKey[] {
    return this.all().filter((key) => key.ownerId === ownerId);
  }

  add(key: ApiKey): void {
    this.#index(key);
    this.#changed();
  }

  remove(key: ApiKey): void {
    this.#byId.delete(key.id);
    this.#byPublicKey.delete(key.publicKey);
    this.#bySecretHash.delete(key.secretHash);
    this.#changed();
  }

  all(): ApiKey[] {
    return [...this.#byId.values()];
  }

  #index(key: ApiKey): void {
    this.#byId.set(key.id, key);
    this.#byPublicKey.set(key.publicKey, key);
    this.#bySecretHash.set(key.secretHash, key);
  }
}
