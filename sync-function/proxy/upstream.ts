import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP, type Socket } from "node:net";
import type { Readable } from "node:stream";
import type { RawHeaders } from "./headers.ts";

export interface UpstreamOptions {
  /** Address of the server behind, with a path if it is served below one. */
  readonly url: string;
  /** Longest silence in milliseconds, before and within an answer. */
  readonly timeout: number;
}

export interface UpstreamRequest {
  readonly method: string;
  /** With the query, and without a host. */
  readonly path: string;
  readonly headers: RawHeaders;
  /** Absent where the request has none. */
  readonly body?: Readable;
  /** Ends the request, and the answer that is under way. */
  readonly signal: AbortSignal;
}

/** An answer, or the other protocol that the server has agreed to. */
export type UpstreamAnswer =
  | { readonly kind: "answer"; readonly answer: IncomingMessage }
  | { readonly kind: "upgrade"; readonly answer: IncomingMessage; readonly socket: Socket; readonly head: Buffer };

/** The server did not answer in time. */
export class Silence extends Error {
  override readonly name = "Silence";
}

/** Milliseconds for a connection inside one cluster; a Service without pods refuses at once or says nothing at all. */
const CONNECT_TIMEOUT = 5_000;
/** Connections to Langfuse; more requests wait for one of them. */
const MOST_CONNECTIONS = 1_024;
/** Bytes of the head of an answer: a session in several cookies takes more than Node's own limit. */
const LONGEST_HEAD = 64 * 1024;

/** The server behind the proxy, over connections that are kept. */
export class Upstream {
  readonly #url: URL;
  readonly #timeout: number;
  readonly #agent: http.Agent;

  constructor({ url, timeout }: UpstreamOptions) {
    this.#url = new URL(url);
    this.#timeout = timeout;
    const options = { keepAlive: true, maxSockets: MOST_CONNECTIONS };
    this.#agent = this.#url.protocol === "https:" ? new https.Agent(options) : new http.Agent(options);
  }

  /** @throws Silence, or what the network says */
  async send(request: UpstreamRequest): Promise<UpstreamAnswer> {
    try {
      return await this.#send(request);
    } catch (error) {
      if (!(error instanceof StaleConnection) || !isRepeatable(request)) throw error;
      return await this.#send(request);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send({ method, path, headers, body, signal }: UpstreamRequest): Promise<UpstreamAnswer> {
    const { hostname, port, pathname, protocol } = this.#url;
    // URL keeps the brackets of IPv6 addresses, sockets do not want them.
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamAnswer>();
    const outgoing = (protocol === "https:" ? https : http).request({
      agent: this.#agent,
      host,
      // The name in the certificate is that of the address, whatever `Host` says.
      servername: isIP(host) > 0 ? "" : host,
      ...(port !== "" && { port }),
      method,
      path: pathname.replace(/\/$/, "") + path,
      headers,
      timeout: this.#timeout,
      maxHeaderSize: LONGEST_HEAD,
      signal,
    });
    let received: IncomingMessage | undefined;
    outgoing.on("response", (answer) => {
      received = answer;
      resolve({ kind: "answer", answer });
    });
    outgoing.on("upgrade", (answer, socket, head) => resolve({ kind: "upgrade", answer, socket, head }));
    outgoing.on("timeout", () => {
      // What is there as a whole waits for whoever reads it; to end it now would lose what was not read, without a word.
      if (!received?.complete) outgoing.destroy(new Silence(`nothing came for ${this.#timeout} ms`));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const isReset = error.code === "ECONNRESET" || error.code === "EPIPE";
      reject(isReset && outgoing.reusedSocket && !signal.aborted ? new StaleConnection(error.message) : error);
    });
    outgoing.once("socket", (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(
        () => outgoing.destroy(new Silence(`no connection within ${CONNECT_TIMEOUT} ms`)),
        CONNECT_TIMEOUT,
      );
      socket.once("connect", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
    });
    if (body === undefined) outgoing.end();
    else {
      // No pipeline: that would end the browser's connection, on which an error still has to be said.
      body.pipe(outgoing);
      // What the server does not want to read any more is thrown away, so that the browser gets to its answer.
      outgoing.once("close", () => body.resume());
    }
    return await promise;
  }
}

function isRepeatable({ method, body }: UpstreamRequest): boolean {
  return body === undefined && ["GET", "HEAD", "OPTIONS"].includes(method);
}

/** A kept connection was closed by the server at the moment it was used again, so that it has seen nothing of the request. */
class StaleConnection extends Error {
  override readonly name = "StaleConnection";
}
