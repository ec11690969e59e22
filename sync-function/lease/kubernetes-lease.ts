import * as z from "zod";
import { messageOf } from "../errors.ts";
import { pathSegment } from "../http/path.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { type Hold, heldByAnother, type Lease } from "./lease.ts";

export interface KubernetesLeaseOptions {
  readonly namespace: string;
  readonly name: string;
  /** Who this run is; no two runs have the same. */
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly client: Pick<KubernetesClient, "read" | "create" | "replace">;
  /** Told why a renewal failed; the next one may succeed. */
  readonly onTrouble: (message: string) => void;
}

/** As the leader election of Kubernetes has it (LeaseDuration 15 s), doubled: a run that is not renewed for so long is dead. */
const DURATION = 30;

/** Clocks of two nodes may be apart by this many seconds before two would write at the same time. */
const CLOCK_SKEW = 10;

const lease = z.object({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .default({}),
});
type LeaseObject = z.output<typeof lease>;

/**
 * A Lease of coordination.k8s.io/v1. Two that write at the same moment are told apart by `resourceVersion`: the API server
 * lets one of them through.
 */
export function kubernetesLease(options: KubernetesLeaseOptions): Lease {
  const { namespace, name, holder, now, client } = options;
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${pathSegment(namespace)}/leases`;
  const path = `${collection}/${pathSegment(name)}`;
  const where = `Lease ${namespace}/${name}`;

  const take = (found: LeaseObject) => {
    const at = microTime(now());
    return client.replace(
      path,
      body(found, {
        holderIdentity: holder,
        leaseDurationSeconds: DURATION,
        acquireTime: at,
        renewTime: at,
        leaseTransitions: (found.spec.leaseTransitions ?? 0) + 1,
      }),
      lease,
    );
  };
  const create = () => {
    const at = microTime(now());
    const spec = { holderIdentity: holder, leaseDurationSeconds: DURATION, acquireTime: at, renewTime: at };
    return client.create(collection, body({ metadata: { name }, spec: {} }, { ...spec, leaseTransitions: 0 }), lease);
  };
  const put = (current: LeaseObject, change: object) =>
    client.replace(path, body(current, { ...current.spec, ...change, renewTime: microTime(now()) }), lease);
  const update = async (current: LeaseObject, change: object = {}) => {
    const updated = await put(current, change);
    if (updated !== undefined) return updated;
    // Perhaps changed by ourselves, when the answer to an earlier renewal was lost.
    const found = await client.read(path, lease);
    return found?.spec.holderIdentity === holder ? await put(found, change) : undefined;
  };
  const renew = (current: LeaseObject) => update(current);
  const free = (current: LeaseObject) => update(current, { holderIdentity: "" });

  return {
    acquire: async () => {
      const holding = { renew, free, onTrouble: options.onTrouble, begun: performance.now() };
      const found = await client.read(path, lease);
      const rival = found && holderOf(found, now());
      if (rival !== undefined) throw heldByAnother(rival, where);
      const taken = found === undefined ? await create() : await take(found);
      if (taken !== undefined) return hold(taken, holding);
      const current = await client.read(path, lease);
      // The answer to our own request may have been lost, and its repetition refused.
      if (current?.spec.holderIdentity === holder) return hold(current, holding);
      throw heldByAnother(current?.spec.holderIdentity || "another run", where);
    },
  };
}

interface HoldOptions extends Pick<KubernetesLeaseOptions, "onTrouble"> {
  /** When it was asked for, by a clock that is never set back: the answer may have taken a while. */
  readonly begun: number;
  readonly renew: (current: LeaseObject) => Promise<LeaseObject | undefined>;
  readonly free: (current: LeaseObject) => Promise<LeaseObject | undefined>;
}

/** Milliseconds without renewal after which nothing more is written: a third is left for what is under way. */
const VALIDITY = (DURATION * 1000 * 2) / 3;
const RENEWAL = (DURATION * 1000) / 4;

function hold(taken: LeaseObject, { renew, free, onTrouble, begun: takenAt }: HoldOptions): Hold {
  const lost = new AbortController();
  let current = taken;
  let isReleased = false;
  let inFlight: Promise<void> = Promise.resolve();
  let expiry: NodeJS.Timeout | undefined;
  const stopTimers = () => {
    clearInterval(timer);
    clearTimeout(expiry);
  };
  const lose = (why: string) => {
    if (lost.signal.aborted) return;
    onTrouble(`the lease was lost: ${why}`);
    lost.abort();
    stopTimers();
  };
  const isOver = () => isReleased || lost.signal.aborted;
  // A renewal may be silent for longer than the right lasts, so its end does not wait for an answer.
  const lastFrom = (begun: number) => {
    clearTimeout(expiry);
    const left = VALIDITY - (performance.now() - begun);
    expiry = setTimeout(() => lose("it was not renewed in time"), Math.max(0, left)).unref();
  };
  const refresh = async () => {
    const begun = performance.now();
    try {
      const renewed = await renew(current);
      if (renewed === undefined) return lose("somebody else has changed it");
      current = renewed;
      if (!isOver()) lastFrom(begun);
    } catch (error) {
      // The right ends by itself; the next renewal may come before that.
      onTrouble(messageOf(error));
    }
  };
  const timer = setInterval(() => {
    inFlight = inFlight.then(() => (isOver() ? undefined : refresh()));
  }, RENEWAL);
  timer.unref();
  lastFrom(takenAt);
  let released: Promise<void> | undefined;
  const release = async () => {
    isReleased = true;
    stopTimers();
    await inFlight;
    if (lost.signal.aborted) return;
    // Whoever cannot give it back leaves it to end by itself.
    await free(current).catch((error: unknown) => onTrouble(messageOf(error)));
  };
  return {
    lost: lost.signal,
    release: () => {
      released ??= release();
      return released;
    },
  };
}

/** Who holds the lease now; undefined when it is free or nobody has renewed it for too long. */
function holderOf({ spec }: LeaseObject, now: number): string | undefined {
  if (!spec.holderIdentity) return undefined;
  const renewed = spec.renewTime ? Date.parse(spec.renewTime) : Number.NaN;
  const seconds = (spec.leaseDurationSeconds ?? DURATION) + CLOCK_SKEW;
  return Number.isNaN(renewed) || now - renewed > seconds * 1000 ? undefined : spec.holderIdentity;
}

function body(found: { readonly metadata: object; readonly spec: object }, spec: object): object {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: found.metadata,
    spec: { ...found.spec, ...spec },
  };
}

/** Kubernetes' MicroTime has six digits behind the point. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}
