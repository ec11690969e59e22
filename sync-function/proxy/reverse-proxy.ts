import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../errors.ts";
import { answerHeaders, hasPassedBefore, requestHeaders, upgradeHeaders } from "./headers.ts";
import { PAGES, type Page, sendPage } from "./page.ts";
import { openedSession } from "./session-cookie.ts";
import { Silence, type Upstream, type UpstreamAnswer } from "./upstream.ts";

export interface ReverseProxyOptions {
  readonly upstream: Pick<Upstream, "send">;
  /**
   * Called when an answer opens a session, before the browser sees the answer. Throws nothing.
   *
   * @param cookie the session, as a `Cookie` header
   * @returns whether the browser may have it
   */
  readonly onLogin: (cookie: string) => Promise<boolean>;
  /** Longest silence in milliseconds on a connection with another protocol. */
  readonly timeout: number;
  /** Told of every request that has ended: no query, no header, no address. */
  readonly onEnd: (request: EndedRequest) => void;
}

export interface EndedRequest {
  readonly method: string;
  readonly path: string;
  /** What was sent; 499 where the browser had gone before. */
  readonly status: number;
  readonly milliseconds: number;
  /** Why Langfuse's own answer was not sent. */
  readonly failure?: string;
}

/** Bytes of the head of a request. Langfuse has a limit of its own, which is to decide. */
const LONGEST_HEAD = 64 * 1024;
/** Milliseconds that an idle connection is kept: longer than an ingress keeps it (60 s), which must be the one to close it. */
const KEEP_ALIVE = 75_000;
/** Milliseconds for the whole of a request, so that nobody holds a connection with a body that never ends. */
const LONGEST_UPLOAD = 300_000;
const MOST_CONNECTIONS = 4_096;
const NOTHING = Buffer.alloc(0);
/** As servers put it in their logs when the client has closed the connection. */
const CLIENT_GONE = 499;

/** Passes everything on to Langfuse and back, piece by piece, and stops for a moment where somebody has logged in. */
export function createReverseProxy(options: ReverseProxyOptions): Server {
  const server = createServer(
    {
      maxHeaderSize: LONGEST_HEAD,
      keepAliveTimeout: KEEP_ALIVE,
      requestTimeout: LONGEST_UPLOAD,
      // Every other protocol may be declined, and is: the request is passed on without it.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
    },
    (request, response) => serve(request, response, options),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on("upgrade", (request, _, head) => {
    const { socket } = request;
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    // Without the server's own listener, an error on it would end this process.
    socket.on("error", () => response.destroy());
    response.on("finish", () => socket.end());
    serve(request, response, options, { socket, head });
  });
  return server;
}

/** What a request brings that asks for another protocol. */
interface Upgrade {
  readonly socket: Socket;
  readonly head: Buffer;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReverseProxyOptions,
  upgrade?: Upgrade,
): Promise<void> {
  const started = performance.now();
  const path = pathOf(request.url ?? "");
  let failure: string | undefined;
  const say = (page: Page, why: string) => {
    failure = why;
    sendPage(response, page);
  };
  try {
    if (path === undefined) say(PAGES.malformed, "the target of the request is no path");
    else if (hostsOf(request) !== 1) say(PAGES.malformed, "the request does not have exactly one Host");
    else if (hasPassedBefore(request)) say(PAGES.loop, "the address of Langfuse leads back to this proxy");
    else await forward(request, response, path, options, upgrade, say);
  } catch (error) {
    failure ??= messageOf(error);
    if (!response.destroyed) sendPage(response, error instanceof Silence ? PAGES.silent : PAGES.unreachable);
  }
  const isGone = !response.headersSent && failure === undefined;
  options.onEnd({
    method: request.method ?? "",
    path: path?.split("?", 1)[0] ?? "",
    status: isGone ? CLIENT_GONE : response.statusCode,
    milliseconds: performance.now() - started,
    ...(failure !== undefined && { failure }),
  });
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { upstream, onLogin, timeout }: ReverseProxyOptions,
  upgrade: Upgrade | undefined,
  say: (page: Page, why: string) => void,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { socket, headers, method = "" } = request;
  const caller = { address: socket.remoteAddress, encrypted: "encrypted" in socket };
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  let answered: UpstreamAnswer;
  try {
    answered = await upstream.send({
      method,
      path,
      headers: [...requestHeaders(request, caller), ...(upgrade ? upgradeHeaders(headers.upgrade) : [])],
      signal: gone.signal,
      ...(hasBody && { body: request }),
    });
  } catch (error) {
    if (gone.signal.aborted) return;
    throw error;
  }
  const { answer } = answered;
  if (answered.kind === "upgrade") {
    if (upgrade) return await join(answered, response, upgrade, timeout);
    answered.socket.destroy();
    return say(PAGES.unreachable, "the answer is in another protocol, for which nobody asked");
  }
  let broken: Error | undefined;
  answer.once("error", (error) => {
    if (!gone.signal.aborted) broken = error;
  });
  const tellBroken = (): boolean => {
    if (broken !== undefined) say(PAGES.unreachable, `the answer broke off: ${broken.message}`);
    return broken !== undefined;
  };
  const session = openedSession(answer.statusCode, answer.headers["set-cookie"]);
  if (session !== undefined && !(await onLogin(session))) {
    answer.destroy();
    return say(PAGES.refused, "the role of somebody who logged in could not be made sure");
  }
  if (tellBroken()) return;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answerHeaders(answer));
  // Events may be far apart, and whoever waits for them should know that they will come.
  // Not by flushHeaders, which writes letters beyond ASCII as two bytes.
  if (answer.headers["content-length"] === undefined && method !== "HEAD") response.write(NOTHING);
  // Ends both where one of them ends: the head is out, so that breaking off is all that tells the browser.
  await pipeline(answer, response).catch(() => {});
  tellBroken();
}

/** Both connections are one from here on, until either side ends it or nothing comes for too long. */
async function join(
  { answer, socket: inner, head: first }: UpstreamAnswer & { readonly kind: "upgrade" },
  response: ServerResponse,
  { socket: outer, head }: Upgrade,
  timeout: number,
): Promise<void> {
  response.writeHead(101, answer.statusMessage, [...answerHeaders(answer), ...upgradeHeaders(answer.headers.upgrade)]);
  response.flushHeaders();
  response.detachSocket(outer);
  outer.unshift(head);
  inner.unshift(first);
  outer.setTimeout(timeout, () => outer.destroy());
  // Either side may break off at any moment; that is how such a connection ends.
  await pipeline(outer, inner, outer).catch(() => {});
}

/** A proxy may be asked with a whole address; its host is that of the connection all the same. */
function pathOf(target: string): string | undefined {
  if (target.startsWith("/") || target === "*") return target;
  const url = URL.parse(target);
  return url === null ? undefined : `${url.pathname}${url.search}`;
}

/** More than one would let this proxy and Langfuse see different ones. */
function hostsOf({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length;
}
