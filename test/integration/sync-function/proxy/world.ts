import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { connect, type Socket } from "node:net";
import { createReverseProxy, type EndedRequest } from "#sync/proxy/reverse-proxy.ts";
import { Upstream } from "#sync/proxy/upstream.ts";
import { listen } from "#sync/serve/listener.ts";
import { heardOn } from "../connection.ts";

export interface ProxyWorld extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** The server behind. */
  readonly behind: Server;
  /** Connections that the server behind has accepted. */
  readonly connections: () => number;
  readonly ended: readonly EndedRequest[];
}

export interface WorldOptions {
  /** Milliseconds; by default more than any machine stands still. */
  readonly timeout?: number;
  readonly onLogin?: (cookie: string) => Promise<boolean>;
  /** Gets the answer of the server behind, before anything is done with it. */
  readonly onAnswer?: (answer: IncomingMessage) => void;
  /** Address of the server behind instead of the one that is started; gets the proxy's own. */
  readonly target?: (own: string) => string;
}

/** A server with a proxy before it, both on free ports. */
export async function startWorld(answer: RequestListener, options: WorldOptions = {}): Promise<ProxyWorld> {
  const { timeout = 120_000, onLogin = async () => true, onAnswer, target } = options;
  // It keeps connections for ever, so that how many there are does not depend on pauses.
  const behind = createServer({ keepAliveTimeout: 0 }, answer);
  let accepted = 0;
  behind.on("connection", () => {
    accepted += 1;
  });
  const inner = await listen(behind, 0, "BEHIND");
  const ended: EndedRequest[] = [];
  let upstream = new Upstream({ url: `http://127.0.0.1:${inner.port}`, timeout });
  const send: Upstream["send"] = async (request) => {
    const answered = await upstream.send(request);
    onAnswer?.(answered.answer);
    return answered;
  };
  const proxy = createReverseProxy({ upstream: { send }, onLogin, timeout, onEnd: (request) => ended.push(request) });
  const outer = await listen(proxy, 0, "PROXY");
  const url = `http://127.0.0.1:${outer.port}`;
  if (target !== undefined) upstream = new Upstream({ url: target(url), timeout });
  return {
    port: outer.port,
    url,
    behind,
    connections: () => accepted,
    ended,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([outer.close(0), inner.close(0)]);
      upstream.close();
    },
  };
}

/** Sends these bytes as they are, and returns whatever comes back until the connection is closed. */
export async function rawExchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  return await heardOn(socket);
}

/** A connection on which an upgrade was asked for. */
export async function upgraded(
  port: number,
  path: string,
): Promise<{ answer: IncomingMessage; socket: Socket | undefined; head: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof upgraded>>>();
  const headers = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "a" };
  httpRequest({ port, path, headers, host: "127.0.0.1" })
    .on("upgrade", (answer, socket, head) => resolve({ answer, socket, head }))
    .on("response", (answer) => resolve({ answer, socket: undefined, head: Buffer.alloc(0) }))
    .on("error", reject)
    .end();
  return await promise;
}
