import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

/** Channel on which Node tells of every HTTP request that this process begins, repeated ones included. */
const CHANNEL = "http.client.request.start";

export interface Counted<T> {
  readonly result: T;
  readonly seconds: number;
  /** Method and path of each request by the host and port it went to. */
  readonly requests: ReadonlyMap<string, readonly string[]>;
}

/** Runs `work` and notes what it sends; only one such work at a time means anything. */
export async function counted<T>(work: () => Promise<T>): Promise<Counted<T>> {
  const requests = new Map<string, string[]>();
  const note = (message: unknown) => {
    const { request } = message as { request: ClientRequest };
    const host = request.getHeader("host");
    if (typeof host !== "string") return;
    const sent = requests.get(host) ?? [];
    sent.push(`${request.method} ${request.path}`);
    requests.set(host, sent);
  };
  subscribe(CHANNEL, note);
  const started = performance.now();
  try {
    const result = await work();
    return { result, seconds: (performance.now() - started) / 1000, requests };
  } finally {
    unsubscribe(CHANNEL, note);
  }
}

export function requestsTo(url: string, { requests }: Pick<Counted<unknown>, "requests">): number {
  return sentTo(url, { requests }).length;
}

/** Method and path of each. */
export function sentTo(url: string, { requests }: Pick<Counted<unknown>, "requests">): readonly string[] {
  return requests.get(new URL(url).host) ?? [];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
