import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
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

function leaseOf(client: Client, holder: string, clock = { now: Date.now() }, duration = 30) {
  const troubles: string[] = [];
  const onTrouble = (text: string) => troubles.push(text);
  const lease = kubernetesLease({
    namespace: "n",
    name: "l",
    holder,
    now: () => clock.now,
    client,
    onTrouble,
    duration,
  });
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
  const clock = { now: Date.parse("2026-08-01T12:00:00Z") };
  await leaseOf(client, "killed", clock).lease.acquire();
  clock.now += 39_000;
  await expect(leaseOf(client, "early", clock).lease.acquire()).rejects.toThrow(/killed/);
  clock.now += 2_000;
  await leaseOf(client, "run", clock).lease.acquire();
});

it("of two that take it at the same moment the API server lets one through", async () => {
  const { client } = apiServer();
  await (await leaseOf(client, "before").lease.acquire()).release();
  const asked = await Promise.allSettled(["a", "b", "c"].map((holder) => leaseOf(client, holder).lease.acquire()));
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

it("is renewed while it is held, and lost when somebody else has taken it", async () => {
  const { client, spec } = apiServer();
  const clock = { now: Date.now() };
  const { lease, troubles } = leaseOf(client, "run", clock, 0.6);
  const hold = await lease.acquire();
  const first = spec()?.renewTime;
  clock.now += 5;
  await expect.poll(() => spec()?.renewTime).not.toBe(first);
  expect(hold.lost.aborted).toBe(false);
  await client.replace("", { metadata: { resourceVersion: "stale" }, spec: {} }, { parse: () => 0 } as never);
  clock.now += 60_000;
  await leaseOf(client, "thief", clock).lease.acquire();
  await expect.poll(() => hold.lost.aborted).toBe(true);
  expect(troubles.at(-1)).toContain("somebody else has changed it");
  await hold.release();
  expect(spec()).toMatchObject({ holderIdentity: "thief" });
});

it("a renewal that fails is told, and the right is given up before it ends", async () => {
  const { client, fail } = apiServer();
  const clock = { now: Date.now() };
  const { lease, troubles } = leaseOf(client, "run", clock, 0.6);
  const hold = await lease.acquire();
  fail(new AccessError("unreachable", "no answer"));
  await expect.poll(() => troubles).toContain("no answer");
  expect(hold.lost.aborted).toBe(false);
  clock.now += 500;
  await expect.poll(() => hold.lost.aborted).toBe(true);
  await sleep(20);
  await hold.release();
});

it("is given up in time while a renewal is silent", async () => {
  const { client } = apiServer();
  const silent = { ...client, replace: () => new Promise<undefined>(() => {}) };
  const { lease, troubles } = leaseOf(silent, "run", { now: Date.now() }, 0.08);
  const hold = await lease.acquire();
  await expect.poll(() => hold.lost.aborted, { timeout: 900, interval: 5 }).toBe(true);
  expect(troubles).toEqual(["the lease was lost: it was not renewed in time"]);
});

it("counts from when it was asked for, not from when that was answered", async () => {
  const { client } = apiServer();
  const clock = { now: Date.now() };
  const slow = {
    ...client,
    create: (...given: Parameters<typeof client.create>) => {
      clock.now += 60;
      return client.create(...given);
    },
  };
  const hold = await leaseOf(slow as typeof client, "run", clock, 0.08).lease.acquire();
  await sleep(5);
  expect(hold.lost.aborted).toBe(true);
});

it("a refusal of the API server ends the run before anything is written", async () => {
  const { client, fail } = apiServer();
  fail(new AccessError("unauthorised", "Kubernetes: … answered 403", { status: 403 }));
  await expect(leaseOf(client, "run").lease.acquire()).rejects.toMatchObject({ kind: "unauthorised" });
});
