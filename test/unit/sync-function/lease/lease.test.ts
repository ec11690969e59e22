import { describe, expect, it } from "vitest";
import { allOf, heldByAnother, type Lease, patiently } from "#sync/lease/lease.ts";
import { collectGarbage } from "#test/garbage.ts";

/** One that is held until `lose` is called, and the order of what happens to it. */
function leaseOf(name: string, log: string[], refusal?: Error) {
  const lost = new AbortController();
  const lease: Lease = {
    acquire: async () => {
      log.push(`acquire ${name}`);
      if (refusal !== undefined) throw refusal;
      return { lost: lost.signal, release: async () => void log.push(`release ${name}`) };
    },
  };
  return { lease, lose: () => lost.abort() };
}

describe("several leases at once", () => {
  it("are all held, or none", async () => {
    const log: string[] = [];
    const [one, other] = [leaseOf("a", log), leaseOf("b", log, new Error("held"))];
    await expect(allOf([one.lease, other.lease]).acquire()).rejects.toThrow("held");
    expect(log).toEqual(["acquire a", "acquire b", "release a"]);
  });

  it("are lost with the first of them", async () => {
    const [one, other] = [leaseOf("a", []), leaseOf("b", [])];
    const hold = await allOf([one.lease, other.lease]).acquire();
    expect(hold.lost.aborted).toBe(false);
    other.lose();
    expect(hold.lost.aborted).toBe(true);
  });

  it("are lost from the beginning where one was lost before the last was there", async () => {
    const [one, other] = [leaseOf("a", []), leaseOf("b", [])];
    one.lose();
    expect((await allOf([one.lease, other.lease]).acquire()).lost.aborted).toBe(true);
  });

  it("keep nothing in memory once they are let go, whoever listened", async () => {
    const listened = async () => {
      const hold = await allOf([leaseOf("a", []).lease]).acquire();
      const listener = () => {};
      hold.lost.addEventListener("abort", listener, { once: true });
      await hold.release();
      return new WeakRef(listener);
    };
    const listener = await listened();
    await collectGarbage();
    expect(listener.deref()).toBeUndefined();
  });
});

it("patience ends, also when memory is cleaned up at the moment when it does", async () => {
  const held = heldByAnother("the CronJob", "Lease");
  let attempts = 0;
  const hold = async () => {
    attempts += 1;
    if (attempts > 3) throw new Error("it would wait for ever");
    await collectGarbage();
    throw held;
  };
  await expect(patiently(hold, { patience: 20, stop: new AbortController().signal })).rejects.toBe(held);
});
