import { createHmac } from "node:crypto";
import { expect, vi } from "vitest";
import { run } from "#sync/commands/run.ts";
import { parseSeries, type Series } from "#sync/metrics/registry.ts";

export const SECRET = "a-secret-of-the-webhook";
/** The server closes what has been idle for seconds, perhaps just when a request of a test comes on it. */
export const ONCE = { connection: "close" };

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** Sends a body as p2-inc/keycloak-events does, signed. */
  send(event: unknown): Promise<number>;
  metrics(): Promise<Series>;
  /** Asks it to end, as a SIGTERM does, and waits for that. */
  stop(): Promise<number>;
}

/** `serve webhook` in this process, exactly as `main.ts` runs it, when it is ready. */
export async function startReceiver(
  environment: Readonly<Record<string, string>>,
  { waitUntilReady = true } = {},
): Promise<Receiver> {
  const stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const print = (text: string) => {
    const line = JSON.parse(text) as { port?: number };
    if (line.port) listening.resolve(line.port);
  };
  const own = { WEBHOOK_SECRET: SECRET, WEBHOOK_PORT: "0", ...environment };
  const ended = run(["serve", "webhook", "--json"], { environment: own, print, stop: stop.signal }, (text) =>
    listening.reject(new Error(text)),
  );
  const url = `http://127.0.0.1:${await listening.promise}`;
  const end = async () => {
    stop.abort();
    return await ended;
  };
  if (waitUntilReady)
    await until(async () => expect((await fetch(`${url}/readyz`, { headers: ONCE })).status).toBe(200));
  return {
    url,
    send: (event) => sendSigned(url, event),
    metrics: async () => parseSeries(await (await fetch(`${url}/metrics`, { headers: ONCE })).text()),
    stop: end,
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}

/** @returns the status of the answer */
export async function sendSigned(url: string, event: unknown): Promise<number> {
  const body = JSON.stringify(event);
  const headers = { "content-type": "application/json; charset=UTF-8", "x-keycloak-signature": signatureOf(body) };
  const answer = await fetch(`${url}/webhook`, { method: "POST", body, headers: { ...headers, ...ONCE } });
  await answer.text();
  return answer.status;
}

export function signatureOf(body: string, secret = SECRET): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/**
 * Waits until the assertions hold, and fails with what they say after a minute. Unlike `expect.poll` it knows of no
 * test, and so may wait in several at the same time.
 */
export async function until(holds: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(holds, { timeout: 60_000, interval: 20 });
}
