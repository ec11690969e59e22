import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

/** Channel on which Node tells of every HTTP request that this process begins, repeated ones included. */
const CHANNEL = "http.client.request.start";

export interface Counted<T> {
  readonly result: T;
  readonly seconds: number;
  /** Requests by the host and port they went to. */
  readonly requests: ReadonlyMap<string, number>;
}

/** Runs `work` and counts what it sends; only one such count at a time means anything. */
export async function counted<T>(work: () => Promise<T>): Promise<Counted<T>> {
  const requests = new Map<string, number>();
  const count = (message: unknown) => {
    const host = (message as { request: ClientRequest }).request.getHeader("host");
    if (typeof host === "string") requests.set(host, (requests.get(host) ?? 0) + 1);
  };
  subscribe(CHANNEL, count);
  const started = performance.now();
  try {
    const result = await work();
    return { result, seconds: (performance.now() - started) / 1000, requests };
  } finally {
    unsubscribe(CHANNEL, count);
  }
}

export function requestsTo(url: string, { requests }: Pick<Counted<unknown>, "requests">): number {
  return requests.get(new URL(url).host) ?? 0;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
