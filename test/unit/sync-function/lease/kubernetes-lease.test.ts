import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AccessError } from "#sync/errors.ts";
import type { KubernetesClient } from "#sync/kubernetes/client.ts";
import { kubernetesLease } from "#sync/lease/kubernetes-lease.ts";

type Client = Pick<KubernetesClient, "read" | "create" | "replace">;
type LeaseBody = { metadata: { resourceVersion: string }; spec: Record<string, unknown> };

/** One object of the API server, with its optimistic concurrency. */
function apiServer() {
  let stored: LeaseBody | undefined;
  let version = 0;
  let failure: AccessError | undefined;
  const keep = (body: unknown) => {
    const { metadata, spec } = structuredClone(body) as LeaseBody;
    version += 1;
    stored = { metadata: { ...metadata, resourceVersion: String(version) }, spec };
    return structuredClone(stored);
  };
  const client: Client = {
    read: async (_path, schema) =>
      failure ? Promise.reject(failure) : stored && schema.parse(structuredClone(stored)),
    create: async (_path, body, schema) => (stored ? undefined : schema.parse(keep(body))),
    replace: async (_path, body, schema) => {
      if (failure) throw failure;
      const { resourceVersion } = (body as LeaseBody).metadata;
      return resourceVersion === stored?.metadata.resourceVersion ? schema.parse(keep(body)) : undefined;
    },
  };
  return { client, spec: () => stored?.spec, fail: (error?: AccessError) => (failure = error) };
}

function leaseOf(client: Client, holder: string, { now } = { now: Date.now }) {
  const troubles: string[] = [];
  const onTrouble = (text: string) => troubles.push(text);
  const lease = kubernetesLease({ namespace: "n", name: "l", holder, now, client, onTrouble });
  return { lease, troubles };
}

it("one holds it, the other is told who, and it is free again after the release", async () => {
  const { client, spec } = apiServer();
  const hold = await leaseOf(client, "run 1").lease.acquire();
  expect(spec()).toMatchObject({ holderIdentity: "run 1", leaseDurationSeconds: 30, leaseTransitions: 0 });
  expect(spec()?.renewTime).toMatch(/\.\d{6}Z$/);
  await expect(leaseOf(client, "run 2").lease.acquire()).rejects.toMatchObject({
    kind: "refused",
    message: expect.stringContaining("run 1 is writing at this moment"),
  });
  await hold.release();
  expect(spec()).toMatchObject({ holderIdentity: "" });
  const next = await leaseOf(client, "run 2").lease.acquire();
  expect(spec()).toMatchObject({ holderIdentity: "run 2", leaseTransitions: 1 });
  await next.release();
});

it("who has not renewed it is succeeded, but not before clocks may differ", async () => {
  const { client } = apiServer();
  const killedAt = Date.parse("2026-08-01T12:00:00Z");
  const after = (seconds: number) => ({ now: () => killedAt + seconds * 1_000 });
  await leaseOf(client, "killed", after(0)).lease.acquire();
  await expect(leaseOf(client, "early", after(39)).lease.acquire()).rejects.toThrow(/killed/);
  await leaseOf(client, "run", after(41)).lease.acquire();
});

it("of two that take it at the same moment the API server lets one through", async () => {
  const { client } = apiServer();
  await (await leaseOf(client, "before").lease.acquire()).release();
  const asked = await Promise.allSettled(["a", "b", "c"].map((holder) => leaseOf(client, holder).lease.acquire()));
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

describe("while it is held", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  /** Seconds between two renewals, and after which it is lost without one. */
  const [RENEWAL, VALIDITY] = [7.5, 20];
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

  it("is renewed, and lost when somebody else has taken it", async () => {
    const { client, spec } = apiServer();
    const { lease, troubles } = leaseOf(client, "run");
    const hold = await lease.acquire();
    const first = spec()?.renewTime;
    await pass(120);
    expect(spec()?.renewTime).not.toBe(first);
    expect(hold.lost.aborted).toBe(false);
    const later = Date.now() + 60_000;
    await leaseOf(client, "thief", { now: () => later }).lease.acquire();
    await pass(RENEWAL);
    expect(hold.lost.aborted).toBe(true);
    expect(troubles).toEqual(["the lease was lost: somebody else has changed it"]);
    await hold.release();
    expect(spec()).toMatchObject({ holderIdentity: "thief" });
  });

  it("is given up before the right ends when renewals fail, and each failure is told", async () => {
    const { client, fail } = apiServer();
    const { lease, troubles } = leaseOf(client, "run");
    const hold = await lease.acquire();
    fail(new AccessError("unreachable", "no answer"));
    await pass(VALIDITY - 0.1);
    expect(troubles).toEqual(["no answer", "no answer"]);
    expect(hold.lost.aborted).toBe(false);
    await pass(0.2);
    expect(hold.lost.aborted).toBe(true);
    await hold.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is still held when the answer to a renewal got lost, and given back all the same", async () => {
    const { client, spec } = apiServer();
    let isLost = true;
    const replace = async (...given: Parameters<typeof client.replace>) => {
      const answer = await client.replace(...given);
      if (isLost) throw new AccessError("unreachable", "no answer");
      return answer;
    };
    const { lease, troubles } = leaseOf({ ...client, replace } as Client, "run");
    const hold = await lease.acquire();
    await pass(RENEWAL);
    isLost = false;
    await pass(60);
    expect(hold.lost.aborted).toBe(false);
    isLost = true;
    await pass(RENEWAL);
    isLost = false;
    await hold.release();
    expect(spec()).toMatchObject({ holderIdentity: "" });
    expect(troubles).toEqual(["no answer", "no answer"]);
  });

  it.each([0, 3_600_000])(
    "is given up in time while a renewal is silent, also when the date is set back by %i ms",
    async (back) => {
      const { client } = apiServer();
      let isSilent = false;
      const replace = async (...given: Parameters<typeof client.replace>) => {
        if (isSilent) return await new Promise<undefined>(() => {});
        if (back > 0) vi.setSystemTime(Date.now() - back);
        return await client.replace(...given);
      };
      const { lease, troubles } = leaseOf({ ...client, replace } as Client, "run");
      const hold = await lease.acquire();
      await pass(RENEWAL);
      isSilent = true;
      await pass(VALIDITY - 0.1);
      expect(hold.lost.aborted).toBe(false);
      await pass(0.2);
      expect(hold.lost.aborted).toBe(true);
      expect(troubles).toEqual(["the lease was lost: it was not renewed in time"]);
    },
  );

  it("counts from when it was asked for, not from when that was answered", async () => {
    const { client } = apiServer();
    const create = async (...given: Parameters<typeof client.create>) => {
      await new Promise((resolve) => setTimeout(resolve, 15_000));
      return await client.create(...given);
    };
    const silent = { ...client, create, replace: () => new Promise<undefined>(() => {}) } as Client;
    const acquired = leaseOf(silent, "run").lease.acquire();
    await pass(15);
    const hold = await acquired;
    await pass(VALIDITY - 15 + 0.1);
    expect(hold.lost.aborted).toBe(true);
  });

  it("is not lost any more once it is released, also while a renewal was under way", async () => {
    const { client, spec } = apiServer();
    const answer = Promise.withResolvers<void>();
    const replace = async (...given: Parameters<typeof client.replace>) => {
      await answer.promise;
      return await client.replace(...given);
    };
    const { lease, troubles } = leaseOf({ ...client, replace } as Client, "run");
    const hold = await lease.acquire();
    await pass(RENEWAL);
    const released = hold.release();
    answer.resolve();
    await released;
    expect(spec()).toMatchObject({ holderIdentity: "" });
    await pass(60);
    expect(hold.lost.aborted).toBe(false);
    expect(troubles).toEqual([]);
  });
});

it("a refusal of the API server ends the run before anything is written", async () => {
  const { client, fail } = apiServer();
  fail(new AccessError("unauthorised", "Kubernetes: … answered 403", { status: 403 }));
  await expect(leaseOf(client, "run").lease.acquire()).rejects.toMatchObject({ kind: "unauthorised" });
});
