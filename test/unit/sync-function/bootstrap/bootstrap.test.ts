import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootstrapKey, noteOf, PUBLIC_KEY, SECRET_KEY } from "#sync/bootstrap/bootstrap.ts";
import type { SecretData, SecretStore } from "#sync/bootstrap/secret-store.ts";
import { AccessError } from "#sync/errors.ts";
import type { CreatedApiKey, LangfuseApiKey } from "#sync/langfuse/answers.ts";

class Killed extends Error {}

/** An organization and a Secret that several runs share; `pause` decides when each call of a run goes on. */
class World implements SecretStore {
  readonly title = "langfuse/key";
  keys: CreatedApiKey[] = [];
  stored: SecretData | undefined;
  #made = 0;

  async read() {
    return this.stored;
  }
  async create(data: SecretData) {
    if (this.stored !== undefined) return false;
    this.stored = data;
    return true;
  }
  async listApiKeys(): Promise<readonly LangfuseApiKey[]> {
    return this.keys;
  }
  async createApiKey(_organization: string, settings?: { note?: string }): Promise<CreatedApiKey> {
    this.#made += 1;
    const name = `${this.#made}`;
    const key = { id: name, publicKey: `pk-lf-${name}`, secretKey: `sk-lf-${name}`, note: settings?.note ?? null };
    this.keys.push(key);
    return key;
  }
  async deleteApiKey(_organization: string, id: string) {
    this.keys = this.keys.filter((key) => key.id !== id);
  }

  /** One run, whose calls wait for their turn; it dies at the call that `turn` refuses. */
  run(turn: () => Promise<void>) {
    const before = async <T>(call: () => Promise<T>): Promise<T> => {
      await turn();
      return call();
    };
    const secret: SecretStore = {
      title: this.title,
      read: () => before(() => this.read()),
      create: (data) => before(() => this.create(data)),
    };
    return bootstrapKey("organization-1", secret, {
      listApiKeys: () => before(() => this.listApiKeys()),
      createApiKey: (id, settings) => before(() => this.createApiKey(id, settings)),
      deleteApiKey: (id, key) => before(() => this.deleteApiKey(id, key)),
    });
  }
}

const atOnce = async () => {};

describe("bootstrap", () => {
  it("makes a key, stores it, and does nothing the second time", async () => {
    const world = new World();
    expect(await world.run(atOnce)).toEqual({
      outcome: "created",
      secret: "langfuse/key",
      publicKey: "pk-lf-1",
      removed: [],
    });
    expect(await world.run(atOnce)).toMatchObject({ outcome: "present", publicKey: "pk-lf-1" });
    expect(world.keys).toHaveLength(1);
    expect(world.stored).toEqual({ [PUBLIC_KEY]: "pk-lf-1", [SECRET_KEY]: "sk-lf-1" });
  });

  it("leaves one key, that of the Secret, however runs interleave and die", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 4 }),
        async (scheduler, deaths) => {
          const world = new World();
          const runs = deaths.map((death) => {
            let calls = 0;
            return world.run(async () => {
              await scheduler.schedule(Promise.resolve());
              calls += 1;
              if (calls === death) throw new Killed();
            });
          });
          const settled = Promise.allSettled(runs);
          await scheduler.waitIdle();
          for (const result of await settled) {
            if (result.status === "rejected") expect(result.reason).toBeInstanceOf(Killed);
          }
          await world.run(atOnce);
          expect(world.keys.map(({ publicKey }) => publicKey)).toEqual([world.stored?.[PUBLIC_KEY]]);
        },
      ),
    );
  });

  it("keeps the keys of others", async () => {
    const world = new World();
    await world.createApiKey("organization-1", { note: "somebody else's" });
    await world.createApiKey("organization-1", { note: noteOf({ title: "langfuse/other" }) });
    await world.run(atOnce);
    expect(world.keys).toHaveLength(3);
  });

  it("keeps its key when the answer about the Secret was lost and the repetition found its own Secret", async () => {
    const world = new World();
    const create = world.create.bind(world);
    world.create = async (data) => {
      await create(data);
      return false;
    };
    expect(await world.run(atOnce)).toMatchObject({ outcome: "created" });
    expect(world.keys).toHaveLength(1);
  });

  it("removes its key again when the cluster refuses the Secret", async () => {
    const world = new World();
    world.create = async () => {
      throw new AccessError("unauthorised", "secrets is forbidden");
    };
    await expect(world.run(atOnce)).rejects.toThrow("forbidden");
    expect(world.keys).toEqual([]);
  });

  it("refuses a Secret without a key in it, and one whose key the organization does not have", async () => {
    const world = new World();
    world.stored = { other: "value" };
    await expect(world.run(atOnce)).rejects.toThrow("Secret langfuse/key lacks LANGFUSE_PUBLIC_KEY");
    world.stored = { [PUBLIC_KEY]: "pk-lf-gone", [SECRET_KEY]: "sk-lf-gone" };
    await expect(world.run(atOnce)).rejects.toThrow("pk-lf-gone, which organization organization-1 does not have");
  });
});
