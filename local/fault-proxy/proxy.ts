import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "#sync/errors.ts";
import { type Fault, type FaultRule, FaultRules } from "./rule.ts";
import { Upstream, type UpstreamAnswer } from "./upstream.ts";

export interface FaultProxyOptions {
  /** Base URL of the server behind, over plain HTTP. */
  readonly target: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** How long the server behind may take, in milliseconds; default 60000. Then the answer is 502. */
  readonly timeout?: number;
}

export interface RecordedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** What the client was told; undefined while the request runs and when its connection was cut without an answer. */
  readonly status: number | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Duration in milliseconds; 0 while the request runs. */
  readonly ms: number;
}

export interface FaultProxy {
  readonly url: string;
  /** In the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Forgets rules and requests. */
  clear(): void;
  /** Sets a rule; the function returned withdraws it. */
  inject(rule: FaultRule): () => void;
  stop(): Promise<void>;
}

/** Puts a proxy before a server that hands everything through as it is, until a rule says what goes wrong. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { host = "127.0.0.1", port = 0, timeout = 60_000 } = options;
  const upstream = new Upstream(options.target, timeout);
  const rules = new FaultRules();
  const requests: RecordedRequest[] = [];
  const server = createServer(async (request, response) => {
    const recorded = { ...lineOf(request), status: undefined, startedAt: Date.now(), ms: 0 };
    const index = requests.push(recorded) - 1;
    const started = performance.now();
    const status = await serve(request, response, rules, upstream);
    // After `clear` the place may belong to another request.
    if (requests[index] === recorded) requests[index] = { ...recorded, status, ms: performance.now() - started };
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    url: `http://${host}:${typeof address === "object" && address ? address.port : port}`,
    requests,
    clear: () => {
      rules.clear();
      requests.length = 0;
    },
    inject: (rule) => rules.add(rule),
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      upstream.close();
      await closed;
    },
  };
}

/** Exact to a tenth of a millisecond, where a timer alone is late by up to one: short latencies would be longer ones. */
async function after(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  await sleep(Math.max(0, milliseconds - 2));
  while (performance.now() < end) await immediate();
}

/** Waits so long, or until the client has gone. */
async function unlessGone(response: ServerResponse, milliseconds: number): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once("close", leave);
  await sleep(milliseconds, undefined, { signal: gone.signal }).catch(() => {});
  response.off("close", leave);
}

/** Status that the client got, or undefined when it got none. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  rules: FaultRules,
  upstream: Upstream,
): Promise<number | undefined> {
  const { delay, holds, latency, fault } = rules.outcomeOf(lineOf(request));
  const ready = latency > 0 ? after(latency) : undefined;
  try {
    const body = Buffer.concat(await request.toArray());
    if (delay > 0) await unlessGone(response, delay);
    await Promise.all(holds);
    // Whoever has gone meanwhile wants nothing any more, and by now another server may have the port of the one behind.
    if (request.socket.destroyed) return undefined;
    if (fault?.kind === "cut" && fault.when === "before") {
      await fault.struck?.();
      return cut(response);
    }
    if (fault?.kind === "answer") {
      await ready;
      response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
      const { headers } = request;
      response.end(typeof fault.body === "function" ? fault.body({ headers, body: String(body) }) : (fault.body ?? ""));
      return fault.status;
    }
    const answer = await upstream.send({ ...lineOf(request), rawHeaders: request.rawHeaders, body });
    await ready;
    if (fault?.kind === "cut") await fault.struck?.();
    return hand(response, request.method ?? "", answer, fault);
  } catch (error) {
    // The client has gone, or the server behind has.
    if (response.headersSent || response.destroyed) return cut(response);
    response.writeHead(502, { "content-type": "text/plain" }).end(`fault proxy: ${messageOf(error)}`);
    return 502;
  }
}

function hand(
  response: ServerResponse,
  method: string,
  answer: UpstreamAnswer,
  fault: Fault | undefined,
): number | undefined {
  if (fault?.kind === "cut") return cut(response);
  const body = bodyOf(answer, fault);
  response.writeHead(answer.status, headersFor(answer, method, body));
  if (fault?.kind !== "truncate") {
    response.end(method === "HEAD" ? undefined : body);
    return answer.status;
  }
  const part = body.subarray(0, fault.bytes ?? Math.floor(body.length / 2));
  // Breaking off at once would also lose what is still on its way.
  response.write(part, () => response.destroy());
  return answer.status;
}

function bodyOf({ body }: UpstreamAnswer, fault: Fault | undefined): Buffer {
  if (fault?.kind === "garbage") return Buffer.from(fault.body ?? "<garbage");
  return fault?.kind === "shorten" ? shortened(body, fault.keep) : body;
}

function shortened(body: Buffer, keep: number): Buffer {
  const cut = (value: unknown): unknown => (Array.isArray(value) ? value.slice(0, keep) : value);
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    return body;
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const short = isObject
    ? Object.fromEntries(Object.entries(Object(value)).map(([key, field]) => [key, cut(field)]))
    : cut(value);
  return Buffer.from(JSON.stringify(short));
}

/** A body that was read as a whole is sent with its length; an answer to HEAD keeps the length it announces. */
function headersFor(answer: UpstreamAnswer, method: string, body: Buffer): string[] {
  const isBodiless = method === "HEAD" || answer.status === 204 || answer.status === 304;
  if (isBodiless) return [...answer.rawHeaders];
  const kept = answer.rawHeaders.filter((_, index) => {
    const name = answer.rawHeaders[index - (index % 2)]?.toLowerCase();
    return name !== "content-length";
  });
  return [...kept, "content-length", String(body.length)];
}

function cut(response: ServerResponse): undefined {
  response.destroy();
}

function lineOf(request: IncomingMessage) {
  return { method: request.method ?? "", path: request.url ?? "/" };
}
